/** What a subscription watches: of which feed, which topics, and what they are at the beginning. */
import { createSourceEventStream, GraphQLError, validateSubscriptionArgs } from 'graphql';
import { badUserInput } from '../../schema/errors.ts';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import type { EventSources, GatewayContext, PriceRecord } from '../graphql/context.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import { investmentEntity, investorTopic, poolTopic, type SaleRow } from './sale-feed.ts';

export type Feed = 'prices' | 'sales';
export type EventValue = PriceRecord | SaleRow;

export interface Watch {
  feed: Feed;
  /** Whether a subscription begins with the current state; otherwise that is sent only where something may have been missed. */
  beginsWithState: boolean;
  /**
   * Asks the sources. Rejects where nothing would ever come of watching.
   *
   * @param options.isResuming whether the state is of use although the subscription does not begin with it.
   * @param options.held what the feed has said of a topic that is an entity too: nobody needs to be asked for it.
   */
  load(context: GatewayContext, options: LoadOptions): Promise<Loaded>;
}

interface LoadOptions {
  isResuming: boolean;
  held(topic: string): EventValue | undefined;
}

export interface Loaded {
  /** What there is to watch. */
  topics: string[];
  /** By entity, as the sources have it. */
  state: Map<string, EventValue>;
}

/** An investor is shown so many, the newest, where some changes may have been missed. */
const INVESTMENTS_MAX = 100;

function watchPrices(asked: readonly string[]): Watch {
  const symbols = [...new Set(asked.map((symbol) => symbol.toWellFormed().toUpperCase()))];
  const load = async ({ prices }: GatewayContext, { held, isResuming }: LoadOptions) => {
    const found = await Promise.allSettled(symbols.map((symbol) => held(symbol) ?? prices.bySymbol(symbol)));
    const state = new Map<string, EventValue>();
    const topics: string[] = [];
    for (const [at, symbol] of symbols.entries()) {
      const outcome = found[at];
      if (outcome?.status === 'fulfilled' && outcome.value) state.set(symbol, outcome.value);
      // What nobody could be asked about may be known later; what nobody knows never is.
      if (state.has(symbol) || outcome?.status === 'rejected') topics.push(symbol);
    }
    const failed = found.find((outcome) => outcome.status === 'rejected');
    if (topics.length === 0) throw notFound('No source knows the price of any of these symbols.', 'symbols');
    if (state.size === 0 && !isResuming) throw failed?.reason;
    return { topics, state };
  };
  return { feed: 'prices', beginsWithState: true, load };
}

function watchPool(id: string): Watch {
  const load = async ({ idoPools }: GatewayContext) => {
    const row = await idoPools.byId(id);
    if (row === null) throw notFound('There is no such pool.', 'id');
    return { topics: [poolTopic(id)], state: new Map([[poolTopic(id), row]]) };
  };
  return { feed: 'sales', beginsWithState: true, load };
}

function watchInvestments(userId: string): Watch {
  const load = async ({ investments }: GatewayContext, { isResuming }: LoadOptions) => {
    const rows = isResuming ? await investments.page({ userId, after: null, limit: INVESTMENTS_MAX }) : [];
    const state = new Map(rows.map((row) => [investmentEntity(row.id), row]));
    return { topics: [investorTopic(userId)], state };
  };
  return { feed: 'sales', beginsWithState: false, load };
}

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
    { document, sent }: PreparedOperation,
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
