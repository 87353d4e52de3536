/**
 * The subscriptions of the API. `subscribe` asks `context.events` for a feed's events, or refuses. A hub executes the
 * operation once for each event, with the event as its root value.
 */
import { LIST_MAX_ITEMS } from '../src/config.ts';
import { keysCost, parseArgument, symbolList } from './arguments.ts';
import { builder } from './builder.ts';
import { ChatEvent } from './chat-types.ts';
import { unauthenticated } from './errors.ts';
import { localId } from './global-ids.ts';
import { IdoPool, Investment } from './node.ts';
import { Currency, Price, priceIn } from './prices.ts';

builder.subscriptionType({ description: 'What the gateway tells as it happens.' });

builder.subscriptionFields((t) => ({
  priceUpdated: t.field({
    type: Price,
    description: `Each new price of the symbols (1 to ${LIST_MAX_ITEMS}), beginning with the current one.`,
    complexity: ({ symbols }) => keysCost(symbols),
    args: {
      symbols: t.arg.stringList({ required: true, description: 'The symbols, in any case.' }),
      currency: t.arg({ type: Currency, defaultValue: 'USD', description: 'What to price them in.' }),
    },
    // Pothos's `validate` would validate the list again at each event.
    subscribe: (_root, args, context) =>
      context.events.prices(parseArgument('symbols', symbolList, args.symbols)),
    resolve: (record, args, context) => priceIn(context, record, args.currency),
  }),
  idoPoolUpdated: t.field({
    type: IdoPool,
    description: 'A pool whose sale moved, or whose status changed, beginning with its current state.',
    args: { id: t.arg.id({ required: true, description: 'The global id.' }) },
    subscribe: (_root, { id }, { events }) => events.idoPool(localId('IdoPool', id) ?? ''),
    resolve: (row) => row,
  }),
  chatEvents: t.field({
    type: ChatEvent,
    description:
      'What happens in a room: messages, deletions, reactions, pins. Begins with nothing; `ChatRoom.messages` has the past.',
    args: { roomId: t.arg.id({ required: true, description: 'The global id of the room.' }) },
    subscribe: (_root, { roomId }, { events }) => events.chat(localId('ChatRoom', roomId) ?? ''),
    resolve: ({ kind, message: { repliedMessage = null, ...message } }) => {
      // No event asks the room for more: the message that a message answers is shown without the one that it answers.
      const replied = repliedMessage && { ...repliedMessage, repliedMessage: null };
      return { kind, message: { ...message, repliedMessage: replied } };
    },
  }),
  investmentUpdated: t.field({
    type: Investment,
    description: "The viewer's investments as their status changes.",
    subscribe: (_root, _args, { viewer, events }) => {
      if (viewer === null) throw unauthenticated('Only who is signed in has investments to watch.');
      return events.investments(viewer.id);
    },
    resolve: (row) => row,
  }),
}));
