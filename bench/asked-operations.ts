/**
 * The requests of users for each public operation, likeliest first, and each operation's share of the traffic.
 * Assumed, not measured: nobody uses the platform yet. Change it here where somebody knows better.
 */

/** The symbols, slugs, categories and pools of a market, most sought first. */
export interface Catalog {
  symbols: readonly string[];
  slugs: readonly string[];
  categories: readonly string[];
  /** Global ids. */
  poolIds: readonly string[];
}

export type Variables = Record<string, unknown>;
export interface AskedOperation {
  /** Share of the distinct requests. */
  share: number;
  /** All that may be asked, the likeliest first. */
  variables(catalog: Catalog): Variables[];
}

const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'CNY', 'KRW', 'BTC', 'ETH'];
const ORDERS = ['MARKET_CAP', 'VOLUME_24H', 'PRICE_CHANGE_24H', 'CURRENT_PRICE', 'LISTED_AT', 'NAME'];
const POOL_ORDERS = ['SALE_START', 'SALE_END', 'PROGRESS', 'TOTAL_RAISED'];
const POOL_STATUSES = [undefined, 'ACTIVE', 'REGISTRATION', 'COMPLETED', 'CANCELLED'];
const DIRECTIONS = ['DESC', 'ASC'];
const PAGE_SIZES = [20, 10, 50, 5, 100];

export const ASKED_OPERATIONS: Readonly<Record<string, AskedOperation>> = {
  MarketList: {
    share: 0.2,
    variables: ({ categories }) =>
      combinations([undefined, ...categories], CURRENCIES, ORDERS, DIRECTIONS).map(
        ([category, currency, field, direction]) => ({
          ...(category === undefined ? {} : { filter: { category } }),
          currency,
          orderBy: { field, direction },
        }),
      ),
  },
  ProjectPage: {
    share: 0.22,
    variables: ({ slugs }) =>
      combinations(slugs, CURRENCIES).map(([slug, currency]) => ({ by: { slug }, currency })),
  },
  ProjectFiles: {
    share: 0.03,
    variables: ({ slugs }) => slugs.map((slug) => ({ by: { slug } })),
  },
  CandleChart: {
    share: 0.2,
    variables: ({ symbols }) =>
      combinations(symbols, ['DAY', 'HOUR']).map(([symbol, interval]) => ({ symbol, interval })),
  },
  Search: {
    share: 0.1,
    variables: ({ symbols }) => symbols.map((symbol) => ({ query: symbol.toLowerCase().padEnd(2, 'a') })),
  },
  WatchlistPrices: {
    share: 0.1,
    variables: ({ symbols }) => symbols.map((_, index) => ({ symbols: around(symbols, index, 5) })),
  },
  PriceCompare: {
    share: 0.08,
    variables: ({ symbols }) => symbols.map((_, index) => ({ symbols: around(symbols, index, 2) })),
  },
  // Nobody has asked for rooms yet, and the traffic stays that of earlier measurements.
  ChatRoomPage: { share: 0, variables: ({ poolIds }) => poolIds.map((poolId) => ({ of: { poolId } })) },
  Trending: {
    share: 0.03,
    variables: ({ categories }) =>
      combinations([undefined, ...categories], PAGE_SIZES).map(([category, first]) => ({
        ...(category === undefined ? {} : { category }),
        first,
      })),
  },
  PoolList: {
    share: 0.04,
    variables: () =>
      combinations(POOL_STATUSES, POOL_ORDERS, DIRECTIONS, PAGE_SIZES).map(
        ([status, field, direction, first]) => ({
          ...(status === undefined ? {} : { filter: { status } }),
          orderBy: { field, direction },
          first,
        }),
      ),
  },
};

type Choices<Lists extends readonly (readonly unknown[])[]> = {
  [Place in keyof Lists]: Lists[Place][number];
};

/** Every choice of one from each list. */
function combinations<const Lists extends readonly (readonly unknown[])[]>(
  ...lists: Lists
): Choices<Lists>[] {
  const all = lists.reduce<unknown[][]>(
    (found, list) => list.flatMap((item) => found.map((chosen) => [...chosen, item])),
    [[]],
  );
  return all as Choices<Lists>[];
}

/** So many neighbours in a row, over the end to the beginning. */
const around = (symbols: readonly string[], index: number, count: number) =>
  Array.from({ length: count }, (_, offset) => symbols[(index + offset) % symbols.length]);
