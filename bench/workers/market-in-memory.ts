/**
 * A market list's data as values in memory, and a context whose loaders read it: what is left of a miss is execution.
 *
 * The loaders batch as the gateway's do, over a map where those ask D1 and KV. What the market list does not ask
 * for is not held, and asking for it throws.
 */
import { fileUrl } from '../../src/files/file-url.ts';
import type { GatewayContext } from '../../src/graphql/context.ts';
import { loaderOf } from '../../src/loaders/batching.ts';
import type { Keyed } from '../../src/storage/d1/keyset.ts';
import type { ProjectRow } from '../../src/storage/d1/projects.ts';
import type { PriceSnapshot } from '../../src/storage/kv/prices.ts';

export interface MarketInMemory {
  /** The first page of the market list and the row after it. */
  rows: Keyed<ProjectRow>[];
  totalCount: number;
  snapshot: PriceSnapshot;
  /** By symbol, oldest first. */
  closes: Record<string, { time: number; close: number }[]>;
}

/** URLs of files begin with it. */
const PUBLIC_ORIGIN = 'https://gateway.example';

let market: MarketInMemory | undefined;

export async function keepMarket(request: Request): Promise<Response> {
  market = await request.json<MarketInMemory>();
  return new Response(null, { status: 204 });
}

export function contextInMemory(requestId: string): GatewayContext {
  const held = market;
  if (held === undefined) throw new Error('no market is held yet');
  const prices = loaderOf(
    async (symbols: readonly string[]) =>
      new Map(symbols.map((symbol) => [symbol, held.snapshot.prices[symbol] ?? null])),
  );
  const closes = loaderOf(
    async (symbols: readonly string[]) =>
      new Map(symbols.map((symbol) => [symbol, held.closes[symbol] ?? []])),
  );
  // Another service is undefined: to call it throws, which an operation answers with an error, and a scenario refuses.
  const context: Partial<GatewayContext> = {
    requestId,
    nowSeconds: Math.floor(Date.now() / 1000),
    viewer: null,
    projects: {
      ...notHeld(),
      page: async ({ limit }) => held.rows.slice(0, limit),
      count: async () => held.totalCount,
    },
    prices: {
      bySymbol: (symbol) => prices.load(symbol.toUpperCase()),
      rate: async (currency) => held.snapshot.rates[currency] ?? 1,
    },
    fileUrl: (file) => fileUrl(PUBLIC_ORIGIN, file),
    candles: { ...notHeld(), closes: async (symbol) => (await closes.load(symbol)) ?? [] },
  };
  return context as GatewayContext;
}

/** The other methods of a service are undefined too. */
const notHeld = <Loader>() => ({}) as Loader;
