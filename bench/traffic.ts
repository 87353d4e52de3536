/**
 * The mixed traffic that latency and cost are measured and counted for: public operations of the manifest, whose
 * distinct requests are asked for by Zipf's law, and a share of private ones.
 *
 * The same catalog, options and seed give the same requests in the same order, wherever it runs. It says what is
 * asked, not how it is sent; and every public query of the manifest takes part, or it throws.
 */
import manifest from '../operations/manifest.json' with { type: 'json' };

/** What a market holds, most sought first. */
export interface Catalog {
  symbols: readonly string[];
  slugs: readonly string[];
  categories: readonly string[];
  /** Global ids. */
  poolIds: readonly string[];
}

export interface TrafficRequest {
  operation: string;
  documentId: string;
  variables: Record<string, unknown>;
  scope: 'public' | 'private';
}

export interface TrafficOptions {
  seed: number;
  /** How many distinct public requests there are. */
  distinct: number;
  /** Zipf's s: the request of rank r is asked for in proportion to 1 / r^s. */
  exponent: number;
  privateShare: number;
}

export const TRAFFIC: TrafficOptions = { seed: 1, distinct: 2_000, exponent: 1, privateShare: 0.1 };

export interface Traffic {
  /** By rank, the most frequent first. */
  publicRequests: readonly TrafficRequest[];
  privateRequests: readonly TrafficRequest[];
  /** The share of public traffic that a rank has, by its index. */
  shareOf(index: number): number;
  next(): TrafficRequest;
}

type Variables = Record<string, unknown>;
interface Kind {
  /** Of the distinct requests. */
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

const KINDS: Record<string, Kind> = {
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
    share: 0.25,
    variables: ({ slugs }) =>
      combinations(slugs, CURRENCIES).map(([slug, currency]) => ({ by: { slug }, currency })),
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

export function createTraffic(catalog: Catalog, options: TrafficOptions): Traffic {
  const random = seededRandom(options.seed);
  const publicRequests = rankedRequests(catalog, options.distinct, random);
  const privateRequests = catalog.poolIds.map((id) => requestOf('PoolPage', { id }, 'private'));
  const weights = publicRequests.map((_, index) => 1 / (index + 1) ** options.exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const cumulative = weights.map((weight) => {
    sum += weight / total;
    return sum;
  });
  const pick = (requests: readonly TrafficRequest[], index: number) => {
    const request = requests[Math.min(index, requests.length - 1)];
    if (request === undefined) throw new Error('the catalog is empty');
    return request;
  };
  return {
    publicRequests,
    privateRequests,
    shareOf: (index) => (weights[index] ?? 0) / total,
    next: () =>
      random() < options.privateShare
        ? pick(privateRequests, Math.floor(random() * privateRequests.length))
        : pick(publicRequests, firstAbove(cumulative, random())),
  };
}

/** The likely requests of every operation come first, in an order that the seed decides. */
function rankedRequests(catalog: Catalog, distinct: number, random: () => number): TrafficRequest[] {
  const places: { place: number; request: TrafficRequest }[] = [];
  for (const { name, kind: operationKind, cachePolicy } of manifest.operations) {
    if (operationKind !== 'query' || cachePolicy.scope !== 'public') continue;
    const kind = KINDS[name];
    if (kind === undefined) throw new Error(`the traffic does not know the public operation ${name}`);
    const count = Math.round(kind.share * distinct);
    const variables = kind.variables(catalog).slice(0, count);
    if (variables.length < count)
      throw new Error(`the catalog has ${variables.length} of ${count} requests for ${name}`);
    for (const [index, of] of variables.entries()) {
      places.push({ place: (index + random()) / count, request: requestOf(name, of, 'public') });
    }
  }
  return places.sort((a, b) => a.place - b.place).map(({ request }) => request);
}

function requestOf(name: string, variables: Variables, scope: TrafficRequest['scope']): TrafficRequest {
  const operation = manifest.operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`operations/manifest.json has no ${name}`);
  return { operation: name, documentId: operation.id, variables, scope };
}

type Choices<Lists extends readonly (readonly unknown[])[]> = {
  [Place in keyof Lists]: Lists[Place][number];
};

/** Every choice of one from each list; those of the first list's head, and of the last ones', come first. */
function combinations<const Lists extends readonly (readonly unknown[])[]>(
  ...lists: Lists
): Choices<Lists>[] {
  const all = lists.reduce<unknown[][]>(
    (found, list) => found.flatMap((chosen) => list.map((item) => [...chosen, item])),
    [[]],
  );
  const depth = (chosen: unknown[]) =>
    chosen.reduce<number>((sum, item, place) => sum + (lists[place]?.indexOf(item) ?? 0), 0);
  return all
    .map((chosen) => ({ chosen, depth: depth(chosen) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ chosen }) => chosen as Choices<Lists>);
}

/** So many neighbours in a row, over the end to the beginning. */
const around = (symbols: readonly string[], index: number, count: number) =>
  Array.from({ length: count }, (_, offset) => symbols[(index + offset) % symbols.length]);

function firstAbove(cumulative: readonly number[], value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** From 0 to 1, the same for the same seed (the 32-bit generator known as mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
