/** What a subscription watches: of which feed, which topics, and what they are at the beginning. */
import { createSourceEventStream, GraphQLError, validateSubscriptionArgs } from 'graphql';
import { badUserInput } from '../../schema/errors.ts';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import type { EventSources, GatewayContext, PriceRecord } from '../graphql/context.ts';
import type { PreparedRequest } from '../graphql/prepare-request.ts';
import { investmentEntity, investorTopic, poolTopic, type SaleRow } from './sale-feed.ts';

export type Feed = 'prices' | 'sales';
export type EventValue = PriceRecord | SaleRow;

export interface Watch {
  feed: Feed;
  /** The topics of it that there are; rejects where there is none, for nothing would ever come. */
  topics(context: GatewayContext): Promise<string[]>;
  /** Whether a subscription begins with the current state; otherwise it is sent only where it may have missed something. */
  beginsWithState: boolean;
  /** The current state, by entity, as the sources have it. */
  state(context: GatewayContext): Promise<Map<string, EventValue>>;
  /** Whether what a source had is older than what the feed has said of the same entity. */
  isOlder(loaded: EventValue, told: EventValue): boolean;
}

/** An investor is shown so many, the newest, where some changes may have been missed. */
const INVESTMENTS_MAX = 100;

function watchPrices(asked: readonly string[]): Watch {
  const symbols = [...new Set(asked.map((symbol) => symbol.toWellFormed().toUpperCase()))];
  const state = async ({ prices }: GatewayContext) => {
    const found = await Promise.allSettled(symbols.map((symbol) => prices.bySymbol(symbol)));
    const known = new Map<string, PriceRecord>();
    for (const [at, symbol] of symbols.entries()) {
      const outcome = found[at];
      if (outcome?.status === 'fulfilled' && outcome.value) known.set(symbol, outcome.value);
    }
    const failed = found.find((outcome) => outcome.status === 'rejected');
    if (known.size === 0)
      throw failed?.reason ?? notFound('No source knows the price of any of these symbols.', 'symbols');
    return known;
  };
  return {
    feed: 'prices',
    topics: async (context) => [...(await state(context)).keys()],
    beginsWithState: true,
    state,
    isOlder: (loaded, told) => (loaded as PriceRecord).lastUpdate <= (told as PriceRecord).lastUpdate,
  };
}

function watchPool(id: string): Watch {
  const state = async ({ idoPools }: GatewayContext) => {
    const row = await idoPools.byId(id);
    if (row === null) throw notFound('There is no such pool.', 'id');
    return new Map([[poolTopic(id), row]]);
  };
  return {
    ...SALES,
    topics: async (context) => [...(await state(context)).keys()],
    beginsWithState: true,
    state,
  };
}

function watchInvestments(userId: string): Watch {
  const state = async ({ investments }: GatewayContext) => {
    const rows = await investments.page({ userId, after: null, limit: INVESTMENTS_MAX });
    return new Map(rows.map((row) => [investmentEntity(row.id), row]));
  };
  return { ...SALES, topics: async () => [investorTopic(userId)], beginsWithState: false, state };
}

const SALES = {
  feed: 'sales',
  isOlder: (loaded: EventValue, told: EventValue) =>
    (loaded as SaleRow).updated_at < (told as SaleRow).updated_at,
} as const;

const notFound = (message: string, argument: string) =>
  new GraphQLError(message, { extensions: { code: 'NOT_FOUND', argumentPath: [argument] } });

/** The events come another way. */
const NO_EVENTS: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

/** Asks a subscription what it watches. */
export function createWatchOf(schema: typeof gatewaySchema, mode: OperationsMode) {
  /** @throws GraphQLError where it can watch nothing: the first reason. */
  return async (
    { document, sent }: PreparedRequest,
    openContext: (events: EventSources) => GatewayContext,
  ): Promise<Watch> => {
    let watch: Watch | undefined;
    const take = (watched: Watch) => {
      watch = watched;
      return NO_EVENTS;
    };
    const contextValue = openContext({
      prices: (symbols) => take(watchPrices(symbols)),
      idoPool: (id) => take(watchPool(id)),
      investments: (userId) => take(watchInvestments(userId)),
    });
    const args = validateSubscriptionArgs({
      schema,
      document,
      contextValue,
      operationName: sent.operationName ?? null,
      variableValues: sent.variables ?? {},
      hideSuggestions: mode !== 'open',
    });
    if (!('schema' in args)) throw args[0];
    const stream = await createSourceEventStream(args);
    if ('errors' in stream) throw stream.errors?.[0];
    if (watch === undefined) throw badUserInput('The subscription watches nothing.', []);
    return watch;
  };
}
