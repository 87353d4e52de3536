/**
 * 20 projects with their prices over the gateway's own schema; loaders batch over memory.
 *
 * Ids, cursors and dates are left out: their encoding takes as long as all the rest, and the same under every executor.
 */
import { parse } from 'graphql';
import { schema } from '../../schema/schema.ts';
import type { PriceRecord } from '../../src/graphql/context.ts';
import { loaderOf } from '../../src/loaders/batching.ts';
import type { Shape } from './executors.ts';

const PROJECTS = 20;
const NOW_SECONDS = 1_760_000_000;

const document = parse(`
  query Prices($first: Int = 20, $currency: Currency) {
    trendingProjects(first: $first) {
      slug name symbol logoUrl category marketCapRank trendingRank
      market { marketCap volume24h priceChange7d }
      price(currency: $currency) { currency price priceUsd day: changePercent week: changePercent(period: WEEK) }
    }
  }
`);

/** The columns that the document asks for. */
const rows = Array.from({ length: PROJECTS }, (_, index) => ({
  id: `project-${index}`,
  name: `Project ${index}`,
  symbol: `P${index}`,
  owns_symbol: 1,
  slug: `project-${index}`,
  status: 'live',
  category: 'DeFi',
  logo_url: `https://example.com/${index}.png`,
  logo_file: null,
  price_change_7d: -1.75,
  market_cap: 1_000_000 - index,
  volume_24h: 5000.5,
  market_cap_rank: index + 1,
  trending_rank: index + 1,
}));

const prices = new Map<string, PriceRecord>(
  rows.map(({ symbol }, index) => [
    symbol,
    {
      symbol,
      priceUsd: index * 1.5 + 0.01,
      changePercent24h: 0.5,
      changePercent7d: -2.5,
      lastUpdate: NOW_SECONDS,
    },
  ]),
);

/** As much of the gateway's context as the document's resolvers use. */
function createContext() {
  const bySymbol = loaderOf<string, PriceRecord>(async () => prices);
  return {
    projects: { trending: async () => rows },
    prices: { bySymbol: (symbol: string) => bySymbol.load(symbol) },
  };
}

async function handWritten(context: unknown) {
  const { projects, prices: loaded } = context as ReturnType<typeof createContext>;
  const trending = await projects.trending();
  return {
    trendingProjects: await Promise.all(
      trending.map(async (row) => {
        const record = await loaded.bySymbol(row.symbol);
        return projectOf(row, record && priceOf(record));
      }),
    ),
  };
}

const projectOf = (row: (typeof rows)[number], price: object | null) => ({
  slug: row.slug,
  name: row.name,
  symbol: row.symbol,
  logoUrl: row.logo_url,
  category: row.category,
  marketCapRank: row.market_cap_rank,
  trendingRank: row.trending_rank,
  market: { marketCap: row.market_cap, volume24h: row.volume_24h, priceChange7d: row.price_change_7d },
  price,
});

const priceOf = (record: PriceRecord) => ({
  currency: 'USD',
  price: record.priceUsd,
  priceUsd: record.priceUsd,
  day: record.changePercent24h ?? null,
  week: record.changePercent7d ?? null,
});

export const listWithLoaders: Shape = {
  name: 'list with loaders',
  schema,
  document,
  variableValues: {},
  rootValue: undefined,
  createContext,
  handWritten,
};
