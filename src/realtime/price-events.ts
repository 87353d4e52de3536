/** Prices as a feed: one Durable Object, since positions have one source. A topic is a symbol in upper case. */
import type { GatewayContext, PriceRecord } from '../graphql/context.ts';
import { type Feed, type LoadOptions, notFound, type Watch } from './feed.ts';

export const priceFeedObject = (env: Env) => env.PRICE_FEED.getByName('prices');

export const priceFeed = {
  name: 'prices',
  subscriptions: { prices: watchPrices },
  watch: (env, { hubId, topics, loaded, number }) =>
    priceFeedObject(env).watch(hubId, topics, new Map(loaded), number),
  refreshed: (env, topics) => priceFeedObject(env).refreshed(topics),
} as const satisfies Feed<PriceRecord>;

/** Each of these symbols' prices as it changes. */
function watchPrices(asked: readonly string[]): Watch<PriceRecord> {
  const symbols = [...new Set(asked.map((symbol) => symbol.toWellFormed().toUpperCase()))];
  const load = async ({ prices }: GatewayContext, { knownValue, isResuming }: LoadOptions<PriceRecord>) => {
    const found = await Promise.allSettled(
      symbols.map((symbol) => knownValue(symbol) ?? prices.bySymbol(symbol)),
    );
    const state = new Map<string, PriceRecord>();
    const topics: string[] = [];
    for (const [at, symbol] of symbols.entries()) {
      const outcome = found[at];
      if (outcome?.status === 'fulfilled' && outcome.value) state.set(symbol, outcome.value);
      // A source that failed may know the symbol later; a symbol that is unknown to all sources is not watched.
      if (state.has(symbol) || outcome?.status === 'rejected') topics.push(symbol);
    }
    const failed = found.find((outcome) => outcome.status === 'rejected');
    if (topics.length === 0) throw notFound('No source knows the price of any of these symbols.', 'symbols');
    if (state.size === 0 && !isResuming) throw failed?.reason;
    return { topics, state };
  };
  return { beginsWithState: true, load };
}
