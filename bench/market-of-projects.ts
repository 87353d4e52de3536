import type { MarketInMemory } from './workers/market-in-memory.ts';

const WEEK_HOURS = 168;
const HOUR_SECONDS = 3_600;

/** So many live projects, each with a price and a week of closes. */
export function marketOf(projects: number): MarketInMemory {
  const numbers = Array.from({ length: projects + 1 }, (_, number) => number);
  const lastHour = Math.floor(Date.now() / 1000 / HOUR_SECONDS) * HOUR_SECONDS;
  const closes = Array.from({ length: WEEK_HOURS }, (_, hour) => ({
    time: lastHour - (WEEK_HOURS - hour) * HOUR_SECONDS,
    close: 1_000.25 + hour / 16,
  }));
  const rows = numbers.map((number) => ({
    id: `prj_${number}`,
    slug: `project-${number}`,
    name: `Project ${number}`,
    symbol: `S${number}`,
    category: 'Layer 1',
    status: 'live',
    owns_symbol: 1,
    logo_url: null,
    logo_file: null,
    market_cap_rank: number + 1,
    market_cap: 1e9 - number,
    volume_24h: 1e6,
    price_change_7d: 1.5,
    sort_key: 1e9 - number,
  }));
  const priceOf = (symbol: string) => ({
    symbol,
    priceUsd: 1_000.5,
    changePercent24h: 1.25,
    lastUpdate: lastHour,
  });
  return {
    rows: rows as unknown as MarketInMemory['rows'],
    totalCount: projects,
    snapshot: {
      asOf: lastHour,
      rates: { USD: 1 },
      prices: Object.fromEntries(rows.map(({ symbol }) => [symbol, priceOf(symbol)])),
    },
    closes: Object.fromEntries(rows.map(({ symbol }) => [symbol, closes])),
  };
}
