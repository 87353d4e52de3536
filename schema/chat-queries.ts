/** Rooms, as queries read them. All fields of one room are one call of it. */
import { LIST_MAX_ITEMS } from '../src/config.ts';
import { listCost, listSize, parseArgument } from './arguments.ts';
import { builder } from './builder.ts';
import { ChatMessageConnection } from './chat-types.ts';
import { connectionOf, pageStart } from './connections.ts';
import { encodeGlobalId, localId } from './global-ids.ts';
import { ChatMessage, ChatRoom } from './node.ts';
import { RejectionCode } from './rejections.ts';

const MESSAGES_BY_DEFAULT = 50;
/** The rules compare the viewer's name with those of all moderators. */
const POSTING_RULES_COST = 20;

ChatRoom.implement({
  description: 'The room of a project or of a pool.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ key }) => encodeGlobalId('ChatRoom', key) }),
    messages: t.field({
      type: ChatMessageConnection,
      nullable: true,
      description: 'Newest first, the same for everybody: without what is held back.',
      // Each page that begins elsewhere is a call of the room.
      complexity: ({ first }) => ({ ...listCost(first, MESSAGES_BY_DEFAULT), field: 10 }),
      args: {
        first: t.arg.int({ defaultValue: MESSAGES_BY_DEFAULT, description: 'How many, 1 to 100.' }),
        after: t.arg.string({ description: 'A cursor of this room, to go on behind it.' }),
      },
      resolve: async ({ key }, args, { chatRooms }) => {
        const first = parseArgument('first', listSize, args.first ?? MESSAGES_BY_DEFAULT);
        // The order is the room's own: a cursor of another room is refused.
        const start = pageStart(key, args);
        const before = start.after === null ? null : Number(start.after.key);
        const messages = await chatRooms.messages(key, { before, limit: first + 1 });
        const rows = messages.map((message) => ({
          ...message,
          id: String(message.sequence),
          sort_key: message.sequence,
        }));
        return connectionOf(rows, { order: key, first, start });
      },
    }),
    heldBack: t.field({
      type: [ChatMessage],
      nullable: true,
      complexity: { field: 1, multiplier: LIST_MAX_ITEMS },
      description: "What waits for a moderator, and the viewer's own that does; null for who is neither.",
      resolve: async ({ key }, _args, { chatRooms }) => (await chatRooms.ofViewer(key)).heldBack,
    }),
    pinned: t.field({
      type: ChatMessage,
      nullable: true,
      description: 'The message that stands above the room.',
      resolve: async ({ key }, _args, { chatRooms }) => (await chatRooms.state(key)).pinned,
    }),
    slowModeSeconds: t.int({
      description: 'Seconds between two messages of one author; 0 without slow mode.',
      resolve: async ({ key }, _args, { chatRooms }) => (await chatRooms.state(key)).slowModeSeconds,
    }),
    watching: t.int({
      description: 'About how many watch it now.',
      resolve: ({ key }, _args, { chatRooms }) => chatRooms.watching(key),
    }),
    position: t.string({
      description:
        'The position of the last event that `messages` beside it contains. A subscription to `chatEvents` that ' +
        'resumes from it misses nothing.',
      resolve: async ({ key }, _args, { chatRooms }) => String((await chatRooms.state(key)).position),
    }),
    viewerMayPost: t.boolean({
      complexity: POSTING_RULES_COST,
      description: 'Whether the viewer may post; false when signed out.',
      resolve: async ({ key }, _args, { chatRooms }) => (await chatRooms.viewerRefusal(key)) === null,
    }),
    viewerRefusal: t.field({
      type: RejectionCode,
      nullable: true,
      complexity: POSTING_RULES_COST,
      description: 'Why the viewer may not post; null if they may.',
      resolve: async ({ key }, _args, { chatRooms }) => (await chatRooms.viewerRefusal(key))?.code ?? null,
    }),
  }),
});

const ChatRoomKey = builder.inputType('ChatRoomKey', {
  description: 'The project or the pool of a room.',
  isOneOf: true,
  fields: (t) => ({
    projectId: t.id({ description: 'The global id of a project.' }),
    poolId: t.id({ description: 'The global id of a pool.' }),
  }),
});

builder.queryField('chatRoom', (t) =>
  t.field({
    type: ChatRoom,
    nullable: true,
    description:
      'The room of a project or of a pool; null where there is neither, or the project is delisted.',
    args: { of: t.arg({ type: ChatRoomKey, required: true, description: 'The project or pool.' }) },
    resolve: (_root, { of }, { chatRooms }) => {
      if (typeof of.poolId === 'string') return chatRooms.ofPool(localId('IdoPool', of.poolId));
      return chatRooms.ofProject(localId('Project', of.projectId ?? ''));
    },
  }),
);
