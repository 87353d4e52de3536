/** The upstream APIs' routes: which there are, and what each answers. */
import { asFields } from './body-fields.ts';
import { candles, INTERVAL_SECONDS, type Interval, PERIOD_SECONDS, type Period } from './candles.ts';
import { type IdempotencyKey, parseIdempotencyKey } from './idempotency.ts';
import type { Market } from './market.ts';
import { badRequest, notFound, type Reply } from './reply.ts';
import type { Api, RouteName } from './route-names.ts';

const BATCH_LIMIT = 500;
const PRICES_LIMIT = 100;

export interface RouteRequest {
  params: readonly string[];
  query: URLSearchParams;
  idempotencyKey: string | null;
  body: unknown;
}

export interface Route {
  name: RouteName;
  api: Api;
  method: 'GET' | 'POST';
  path: RegExp;
  answer: (market: Market, request: RouteRequest) => Reply;
}

export const ROUTES: readonly Route[] = [
  get('projects-sync', 'main', '/internal/projects/sync', (market, { query }) =>
    market.projects.changedSince(since(query), market.now()),
  ),
  get('project-detail', 'main', '/internal/projects/:id/detail', (market, { params: [id = ''] }) =>
    found(market.projects.detail(id), 'there is no such project'),
  ),
  get('pools-sync', 'main', '/internal/ido/pools/sync', (market, { query }) =>
    market.pools.changedSince(since(query), market.now()),
  ),
  get('pool-eligible', 'main', '/internal/ido/pools/:id/eligible', (market, { params: [id = ''], query }) => {
    const now = market.now();
    const pool = found(market.pools.find(id, now), 'there is no such pool');
    return market.people.eligible(id, pool.pool_type, market.pools.plan(id), since(query), now);
  }),
  get('investments-sync', 'main', '/internal/ido/investments/sync', (market, { query }) =>
    market.investments.changedSince(since(query), market.now()),
  ),
  get('user-stats', 'main', '/internal/users/:id/stats', (market, { params: [id = ''] }) =>
    found(market.people.stats(id), 'there is no such user'),
  ),
  get('users-closed', 'main', '/internal/users/closed', (market, { query }) =>
    market.people.closedSince(since(query)),
  ),
  post('create-user', '/internal/users', (market, key, body) =>
    market.writes.createUser(key, body, market.now()),
  ),
  post('create-registration', '/internal/ido/registrations', (market, key, body) =>
    market.writes.createRegistration(key, body, market.now()),
  ),
  post('create-investment', '/internal/ido/investments', (market, key, body) =>
    market.writes.createInvestment(key, body, market.now()),
  ),
  post('create-claim', '/internal/ido/claims', (market, key, body) =>
    market.writes.createClaim(key, body, market.now()),
  ),
  post('create-document', '/internal/users/:id/documents', (market, key, body, [userId = '']) =>
    market.writes.createDocument(key, body, userId),
  ),
  get('prices-batch', 'price', '/prices/batch', (market, { query }) =>
    manyPrices(market, query, BATCH_LIMIT, 'usd'),
  ),
  get('prices', 'price', '/prices', (market, { query }) =>
    manyPrices(market, query, PRICES_LIMIT, query.get('currency') ?? 'usd'),
  ),
  get('price', 'price', '/prices/:symbol', (market, { params: [symbol = ''], query }) => {
    const now = market.now();
    return found(
      market.prices.price(symbol, rate(market, query.get('currency') ?? 'usd', now), now),
      'unknown symbol',
    );
  }),
  get('price-history', 'price', '/prices/:symbol/history', (market, { params: [symbol = ''], query }) => {
    const quote = found(market.prices.find(symbol) ?? null, 'unknown symbol');
    const period = oneOfQuery(query, 'period', '24h', Object.keys(PERIOD_SECONDS)) as Period;
    const interval = oneOfQuery(query, 'interval', '1h', Object.keys(INTERVAL_SECONDS)) as Interval;
    const recorded = quote.symbol === 'BTC' ? market.recorded : new Map();
    return candles(quote, period, interval, market.now(), recorded);
  }),
];

function get(
  name: RouteName,
  api: Api,
  path: string,
  read: (market: Market, request: RouteRequest) => unknown,
): Route {
  return {
    name,
    api,
    method: 'GET',
    path: pattern(path),
    answer: (market, request) => ({ status: 200, body: read(market, request) }),
  };
}

function post(
  name: RouteName,
  path: string,
  write: (
    market: Market,
    key: IdempotencyKey,
    body: Record<string, unknown>,
    params: readonly string[],
  ) => Reply,
): Route {
  return {
    name,
    api: 'main',
    method: 'POST',
    path: pattern(path),
    answer: (market, { idempotencyKey, body, params }) =>
      write(market, parseIdempotencyKey(idempotencyKey), asFields(body), params),
  };
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`);
}

function found<T>(value: T | null, message: string): T {
  if (value === null) throw notFound(message);
  return value;
}

function since(query: URLSearchParams): number {
  const given = query.get('since');
  if (given === null) return 0;
  if (!/^\d{1,11}$/.test(given)) throw badRequest('since must be Unix seconds');
  return Number(given);
}

function oneOfQuery(
  query: URLSearchParams,
  name: string,
  otherwise: string,
  allowed: readonly string[],
): string {
  const given = query.get(name) ?? otherwise;
  if (!allowed.includes(given)) throw badRequest(`${name} must be one of ${allowed.join(', ')}`);
  return given;
}

function rate(market: Market, currency: string, now: number): number {
  const units = market.prices.rate(currency.toLowerCase(), now);
  if (units === null) throw badRequest(`unsupported currency: ${currency}`);
  return units;
}

function manyPrices(market: Market, query: URLSearchParams, limit: number, currency: string): unknown {
  const symbols = (query.get('symbols') ?? '').split(',').filter((symbol) => symbol !== '');
  if (symbols.length === 0) throw badRequest('symbols is missing');
  if (symbols.length > limit) throw badRequest(`at most ${limit} symbols at a time`);
  const now = market.now();
  const perDollar = rate(market, currency, now);
  const prices = symbols.map((symbol) => market.prices.price(symbol.trim(), perDollar, now));
  return Object.fromEntries(prices.filter((price) => price !== null).map((price) => [price.symbol, price]));
}
