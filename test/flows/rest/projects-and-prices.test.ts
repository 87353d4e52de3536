/** Projects and prices by `/api`, beside the GraphQL answers that they are made from. */
import { beforeAll, describe, expect, test } from 'vitest';
import { localId } from '../../../schema/global-ids.ts';
import {
  asComparison,
  asPrice,
  asWholePrice,
  COMPARE,
  PRICE,
  type SelectedComparison,
  type SelectedPrice,
  type SelectedWholePrice,
  WHOLE_PRICE,
} from '../../support/prices-by-rest.ts';
import { asColumns, newest, PROJECT, type SelectedProject, seconds } from '../../support/projects-by-rest.ts';
import { RestMarket } from '../../support/rest-market.ts';

let market: RestMarket;
beforeAll(async () => {
  market = await RestMarket.start();
});

describe('a list of projects', () => {
  const LIST = `query ($filter: ProjectFilter, $orderBy: ProjectOrder) {
    projects(filter: $filter, orderBy: $orderBy, first: 100) { totalCount nodes { ${PROJECT} } } }`;
  interface Listed {
    projects: { totalCount: number; nodes: SelectedProject[] };
  }

  test.each([
    ['', 'MARKET_CAP', 'DESC'],
    ['&sortBy=name&sortOrder=asc', 'NAME', 'ASC'],
    ['&sortBy=price_change_24h', 'PRICE_CHANGE_24H', 'DESC'],
    ['&sortBy=listing_date&sortOrder=asc', 'LISTED_AT', 'ASC'],
  ])('is that of the schema, page by page: %j', async (query, field, direction) => {
    const { projects } = await market.answered<Listed>(LIST, { orderBy: { field, direction } });
    const { nodes, totalCount: total } = projects;
    expect(total).toBeGreaterThan(21);
    const limit = 7;
    const totalPages = Math.ceil(total / limit);
    for (let page = 1; page <= totalPages + 1; page += 1) {
      const { data, pagination, filters } = await market.ok(
        `/api/projects?limit=${limit}&page=${page}${query}`,
      );
      expect(data).toEqual(nodes.slice((page - 1) * limit, page * limit).map(asColumns));
      const [hasNext, hasPrev] = [page < totalPages, page > 1];
      expect(pagination).toEqual({ page, limit, total, totalPages, hasNext, hasPrev });
      expect(filters).toEqual({ category: null, status: 'live', search: null });
    }
  });

  test('is filtered as that of the schema', async () => {
    const [first] = (await market.answered<Listed>(LIST)).projects.nodes;
    const category = String(first?.category);
    const filter = { category, status: 'LIVE', search: 'co' };
    const { projects } = await market.answered<Listed>(LIST, { filter });
    expect(projects.nodes.length).toBeGreaterThan(0);
    const body = await market.ok(`/api/projects?search=co&category=${encodeURIComponent(category)}`);
    expect(body).toMatchObject({
      data: projects.nodes.map(asColumns),
      filters: { category, status: 'live', search: 'co' },
      sorting: { sortBy: 'market_cap', sortOrder: 'desc' },
    });
  });

  test('ends at 10,000 rows', async () => {
    expect(await market.ok('/api/projects?limit=100&page=100')).toMatchObject({ data: [] });
    for (const query of ['limit=100&page=101', 'limit=1&page=10001']) {
      const { status, body } = await market.get(`/api/projects?${query}`);
      expect([status, body.error.details[0].name]).toEqual([400, 'page']);
    }
  });
});

describe('projects that trend', () => {
  const trending = async (first: number, category: string | null) =>
    (
      await market.answered<{ trendingProjects: SelectedProject[] }>(
        `query ($first: Int, $category: String) { trendingProjects(first: $first, category: $category) { ${PROJECT} } }`,
        { first, category },
      )
    ).trendingProjects;

  test('are those of the schema, ten of all categories by default', async () => {
    const projects = await trending(10, null);
    expect(projects).toHaveLength(10);
    expect(await market.ok('/api/projects/trending')).toEqual({
      category: 'all',
      projects: projects.map(asColumns),
      lastUpdate: newest(projects.map(({ updatedAt }) => updatedAt)),
      totalCount: 10,
    });
  });

  test('are of one category where it is named, and none of one that nobody has', async () => {
    const category = String((await trending(1, null))[0]?.category);
    const projects = await trending(3, category);
    const path = `/api/projects/trending?limit=3&category=${encodeURIComponent(category)}`;
    expect(await market.ok(path)).toMatchObject({ category, projects: projects.map(asColumns) });
    expect(await market.ok('/api/projects/trending?category=Nobody')).toEqual({
      category: 'Nobody',
      projects: [],
      lastUpdate: null,
      totalCount: 0,
    });
  });
});

describe('a search of projects', () => {
  const SEARCH = `query ($query: String!, $first: Int) { searchProjects(query: $query, first: $first) { ${PROJECT} } }`;

  test('finds those of the schema, in its order', async () => {
    const { searchProjects } = await market.answered<{ searchProjects: SelectedProject[] }>(SEARCH, {
      query: 'co',
    });
    expect(searchProjects.length).toBeGreaterThan(1);
    expect(await market.ok('/api/projects/search?q=co')).toEqual({
      query: 'co',
      results: searchProjects.map(asColumns),
      totalCount: searchProjects.length,
      searchTime: Date.now(),
    });
    const one = await market.ok('/api/projects/search?limit=1&q=co');
    expect(one.results).toEqual(searchProjects.slice(0, 1).map(asColumns));
  });

  test.each([
    '',
    'a',
    'ab',
    ' a ',
    'e\u0301',
    'a\u200b',
    'a\nb',
    'a\u0000b',
    '\u{1f600}',
    '\u{1f600}\u{1f600}',
    '\u0958',
    'x'.repeat(64),
    'x'.repeat(65),
    '\u{1f600}'.repeat(64),
    '\u{1f600}'.repeat(65),
    `${'x'.repeat(64)}${'\u200b'.repeat(10)} `,
  ])('takes %j if the schema takes it', async (text) => {
    const { errors } = await market.serving.gateway.query(SEARCH, { query: text });
    const refusal = {
      status: 400,
      body: { error: { code: 'BAD_USER_INPUT', details: [{ in: 'query', name: 'q' }] } },
    };
    const taken = { status: 200, body: { query: text } };
    const found = await market.get(`/api/projects/search?q=${encodeURIComponent(text)}`);
    expect(found).toMatchObject(errors === undefined ? taken : refusal);
    const listed = await market.get(`/api/projects?search=${encodeURIComponent(text)}`);
    expect(listed.status).toBe(found.status);
  });
});

describe('the price history of a project', () => {
  const CANDLES = `query ($slug: String!, $interval: CandleInterval, $last: Int) {
    project(by: { slug: $slug }) { id symbol candles(interval: $interval, last: $last) { time open high low close volume } } }`;
  interface Candles {
    project: { id: string; symbol: string; candles: { time: string }[] };
  }

  test.each([
    ['24h', '1h', 'HOUR', 24],
    ['7d', '1h', 'HOUR', 168],
    ['30d', '1d', 'DAY', 30],
    ['365d', '1d', 'DAY', 365],
  ])('of %s is its candles of %s, whichever id it is asked by', async (period, interval, name, last) => {
    const { projects } = await market.answered<{ projects: { nodes: { slug: string }[] } }>(
      '{ projects(first: 1) { nodes { slug } } }',
    );
    const slug = String(projects.nodes[0]?.slug);
    const { project } = await market.answered<Candles>(CANDLES, { slug, interval: name, last });
    expect(project.candles.length).toBeGreaterThan(last / 2);
    for (const id of [slug, localId('Project', project.id), project.id]) {
      expect(await market.ok(`/api/projects/${id}/price-history?period=${period}`)).toEqual({
        symbol: project.symbol,
        period,
        interval,
        candles: project.candles.map((candle) => ({ ...candle, time: seconds(candle.time) })),
      });
    }
    if (period === '24h') {
      const byDefault = await market.ok(`/api/projects/${slug}/price-history`);
      expect(byDefault.candles).toHaveLength(project.candles.length);
    }
  });
});

describe('prices', () => {
  test.each(['usd', 'eur', 'gbp', 'jpy', 'cny', 'krw', 'btc', 'eth'])(
    'are those of the schema in %s, by symbol, without unknown ones',
    async (currency) => {
      const { prices } = await market.answered<{ prices: (SelectedPrice | null)[] }>(
        `query ($symbols: [String!]!, $currency: Currency) { prices(symbols: $symbols, currency: $currency) { ${PRICE} } }`,
        { symbols: ['BTC', 'SOL', 'HEX', 'NOBODY'], currency: currency.toUpperCase() },
      );
      const known = prices.filter((price) => price !== null);
      expect(known.map(({ symbol }) => symbol)).toEqual(['BTC', 'SOL', 'HEX']);
      expect(await market.ok(`/api/prices?symbols=SOL,nobody,btc,HEX&currency=${currency}`)).toEqual({
        currency,
        prices: Object.fromEntries(known.map((price) => [price.symbol, asPrice(price)])),
        lastUpdate: newest(known.map(({ updatedAt }) => updatedAt)),
        totalCount: 3,
      });
    },
  );

  test('are none where all symbols are unknown', async () => {
    const none = { currency: 'usd', prices: {}, lastUpdate: null, totalCount: 0 };
    expect(await market.ok('/api/prices?symbols=NOBODY,nothing')).toEqual(none);
  });

  test('are at most those of 100 symbols', async () => {
    const symbols = (count: number) =>
      Array.from({ length: count }, (_, at) => (at === 0 ? 'BTC' : `S${at}`));
    const refused = await market.get(`/api/prices?symbols=${symbols(101).join()}`);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { details: [{ in: 'query', name: 'symbols' }] } },
    });
    expect((await market.get(`/api/prices?symbols=${symbols(100).join()}`)).body.totalCount).toBe(1);
  });
});

describe('a price', () => {
  /** The source gives exchanges of about every second symbol. */
  async function symbolWithExchanges(): Promise<string> {
    const { prices } = await market.answered<{ prices: { symbol: string; exchanges: unknown[] }[] }>(
      '{ prices(symbols: ["BTC", "ETH", "SOL", "XRP", "ADA", "DOGE"]) { symbol exchanges { exchange } } }',
    );
    return String(prices.find(({ exchanges }) => exchanges.length > 0)?.symbol);
  }

  test.each(['usd', 'eur'])(
    'is that of the schema in %s, with its history where asked for',
    async (currency) => {
      const symbol = await symbolWithExchanges();
      const { price } = await market.answered<{ price: SelectedWholePrice }>(
        `query ($symbol: String!, $currency: Currency) { price(symbol: $symbol, currency: $currency) { ${WHOLE_PRICE} } }`,
        { symbol, currency: currency.toUpperCase() },
      );
      const { exchanges, indicators, history } = price;
      expect([exchanges.length > 0, indicators.rsi > 0, history.length]).toEqual([true, true, 24]);
      const { priceHistory, ...expected } = asWholePrice(price);
      expect(await market.ok(`/api/prices/${symbol.toLowerCase()}?currency=${currency}`)).toEqual(expected);
      const withHistory = await market.ok(`/api/prices/${symbol}?include_history=true&currency=${currency}`);
      expect(withHistory).toEqual({ ...expected, priceHistory });
    },
  );
});

describe('a comparison', () => {
  test.each([
    ['1h', 'HOUR'],
    ['24h', 'DAY'],
    ['7d', 'WEEK'],
    ['30d', 'MONTH'],
  ])('over %s is that of the schema, without what is unknown', async (period, name) => {
    const symbols = ['BTC', 'ETH', 'HEX', 'NOBODY'];
    const { comparePrices } = await market.answered<{ comparePrices: SelectedComparison }>(COMPARE, {
      symbols,
      period: name,
    });
    expect(comparePrices.entries.length).toBeGreaterThan(1);
    const body = await market.ok(`/api/prices/compare?symbols=hex,ETH,nobody,btc&period=${period}`);
    expect(body).toEqual(asComparison(comparePrices, period, symbols));
  });

  test('of nothing that is known is empty', async () => {
    const body = await market.ok('/api/prices/compare?symbols=NOBODY,nothing');
    expect(body).toEqual({
      period: '24h',
      symbols: ['NOBODY', 'NOTHING'],
      comparison: [],
      summary: { bestPerformer: null, worstPerformer: null, averageChange: null, totalMarketCap: null },
      lastUpdate: null,
    });
  });
});
