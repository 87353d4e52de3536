import { beforeAll, describe, expect, test } from 'vitest';
import { CRONS } from '../support/gateway.ts';
import { askPriceApi } from '../support/market.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing({ crons: [...FIRST_SYNC, CRONS.hourly, CRONS.nightly] });
});

async function answered<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const { data, errors } = await serving.gateway.query<Data>(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

type Numbers = Record<string, number | null>;
interface FullPrice extends Record<string, unknown> {
  price: number;
  priceUsd: number;
  exchanges: Numbers[];
}

const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'CNY', 'KRW', 'BTC', 'ETH'];
const SYMBOLS = Array.from({ length: 30 }, (_, rank) => rank);
const FULL = `symbol currency price priceUsd volume24h marketCap circulatingSupply totalSupply rank
  hour: change(period: HOUR) day: change week: change(period: WEEK) month: change(period: MONTH)
  hourPercent: changePercent(period: HOUR) dayPercent: changePercent weekPercent: changePercent(period: WEEK)
  monthPercent: changePercent(period: MONTH) exchanges { exchange price volume24h }`;
const IN_CURRENCY = ['price', 'volume24h', 'marketCap', 'hour', 'day', 'week', 'month'];
const IN_NONE = [
  ...['symbol', 'priceUsd', 'circulatingSupply', 'totalSupply', 'rank'],
  ...['hourPercent', 'dayPercent', 'weekPercent', 'monthPercent'],
];

async function allSymbols(): Promise<string[]> {
  const query = '{ projects(first: 100) { nodes { symbol } } }';
  const { projects } = await answered<{ projects: { nodes: { symbol: string }[] } }>(query);
  return projects.nodes.map(({ symbol }) => symbol);
}

async function pricesIn(currency: string, symbols: string[]): Promise<FullPrice[]> {
  const query = `query ($symbols: [String!]!, $currency: Currency) { prices(symbols: $symbols, currency: $currency) { ${FULL} } }`;
  return (await answered<{ prices: FullPrice[] }>(query, { symbols, currency })).prices;
}

describe('currencies', () => {
  test.each(CURRENCIES)('in %s every amount is the dollar amount times one rate', async (currency) => {
    const symbols = await allSymbols();
    const dollars = await pricesIn('USD', symbols);
    const given = await pricesIn(currency, symbols);
    expect(given).toHaveLength(SYMBOLS.length);
    const rate = (given[0]?.price ?? 0) / (given[0]?.priceUsd ?? 1);
    expect(rate).toBeGreaterThan(0);
    for (const [at, price] of given.entries()) {
      const inDollars = dollars[at];
      expect(price.currency).toBe(currency);
      for (const field of IN_NONE) expect(price[field]).toEqual(inDollars?.[field]);
      for (const field of IN_CURRENCY) {
        const amount = inDollars?.[field] as number | null;
        if (amount === null) expect(price[field]).toBeNull();
        else
          expect(price[field]).toBeCloseTo(amount * rate, -Math.log10(Math.abs(amount * rate) * 1e-9 || 1));
      }
      for (const [index, exchange] of price.exchanges.entries()) {
        expect(Number(exchange.price) / Number(inDollars?.exchanges[index]?.price)).toBeCloseTo(rate, 9);
      }
    }
  });

  test('a bitcoin is one bitcoin, and an ether one ether', async () => {
    const query =
      '{ a: price(symbol: "BTC", currency: BTC) { price } b: price(symbol: "ETH", currency: ETH) { price } }';
    const { a, b } = await answered<Record<'a' | 'b', { price: number }>>(query);
    expect(a.price).toBeCloseTo(1, 6);
    expect(b.price).toBeCloseTo(1, 6);
  });

  test('agree with what the price API says in that currency', async () => {
    for (const currency of ['EUR', 'JPY', 'ETH']) {
      const path = `/prices?symbols=BTC,SOL&currency=${currency.toLowerCase()}`;
      const upstream = await askPriceApi<Record<string, { price: number }>>(serving.market, path);
      for (const { symbol, price } of await pricesIn(currency, ['BTC', 'SOL'])) {
        expect(price / Number(upstream[String(symbol)]?.price)).toBeCloseTo(1, 6);
      }
    }
  });

  test('null means dollars', async () => {
    expect(
      await answered('{ price(symbol: "BTC", currency: null) { currency day: change(period: null) } }'),
    ).toMatchObject({ price: { currency: 'USD' } });
  });
});

describe('changes', () => {
  test('are what the price API gives over each period, null where it gives none', async () => {
    const symbols = await allSymbols();
    const path = `/prices/batch?symbols=${symbols.join(',')}`;
    const upstream = await askPriceApi<Record<string, Numbers>>(serving.market, path);
    const names = { hour: '1h', day: '24h', week: '7d', month: '30d' };
    let missing = 0;
    for (const price of await pricesIn('USD', symbols)) {
      for (const [name, period] of Object.entries(names)) {
        const record = upstream[String(price.symbol)];
        expect(price[name]).toBe(record?.[`change${period}`] ?? null);
        expect(price[`${name}Percent`]).toBe(record?.[`changePercent${period}`] ?? null);
        if (price[name] === null) missing += 1;
      }
    }
    expect(missing).toBeGreaterThan(0);
  });
});

describe('lists of symbols', () => {
  const refused: [string, string[], (string | number)[]][] = [
    ['none', [], ['symbols']],
    ['101', Array.from({ length: 101 }, (_, at) => `S${at}`), ['symbols']],
    ['an empty symbol', ['BTC', ''], ['symbols', 1]],
    ['a symbol of 65 characters', ['x'.repeat(65)], ['symbols', 0]],
  ];
  test.each(refused)('%s is refused', async (_, symbols, argumentPath) => {
    for (const field of [
      'prices(symbols: $symbols) { price }',
      'comparePrices(symbols: $symbols) { period }',
    ]) {
      const { data, errors } = await serving.gateway.query(`query ($symbols: [String!]!) { ${field} }`, {
        symbols,
      });
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT', argumentPath }]);
      expect(Object.values(data)).toEqual([null]);
    }
  });

  test('100 are answered, duplicates too', async () => {
    const symbols = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 'btc' : 'NOBODY'));
    const { prices } = await answered<{ prices: unknown[] }>(
      'query ($symbols: [String!]!) { prices(symbols: $symbols) { symbol } }',
      { symbols },
    );
    expect(prices).toEqual(symbols.map((symbol) => (symbol === 'btc' ? { symbol: 'BTC' } : null)));
  });

  test('a single symbol is refused where it is empty or too long', async () => {
    for (const symbol of ['', 'x'.repeat(65)]) {
      for (const field of ['price(symbol: $symbol) { price }', 'candles(symbol: $symbol) { time }']) {
        const { errors } = await serving.gateway.query(`query ($symbol: String!) { ${field} }`, { symbol });
        expect(errors?.map(({ extensions }) => extensions)).toEqual([
          { code: 'BAD_USER_INPUT', argumentPath: ['symbol'] },
        ]);
      }
    }
  });
});

describe('a comparison', () => {
  const COMPARE = `query ($symbols: [String!]!, $period: Period) { comparePrices(symbols: $symbols, period: $period) {
    period entries { rank changePercent relativePerformance price { symbol changePercent(period: WEEK) } }
    unknownSymbols unrankedSymbols averageChangePercent totalMarketCap best { rank } worst { rank } } }`;

  test.each([[['BTC']], [['BTC', 'btc', 'Btc']], [Array.from({ length: 11 }, (_, at) => `S${at}`)]])(
    '%j is not 2 to 10 different symbols',
    async (symbols) => {
      const { errors } = await serving.gateway.query(COMPARE, { symbols });
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'BAD_USER_INPUT', argumentPath: ['symbols'] },
      ]);
    },
  );

  test('counts duplicates once, lists the unknown, and takes 10 different ones out of more', async () => {
    const symbols = [
      ...['BTC', 'eth', 'Eth', 'NOBODY', 'nobody', 'SOL', 'btc', 'HEX', 'hex'],
      ...['DGB', 'XVG', 'SYS', 'REQ', 'NKN'],
    ];
    const { comparePrices } = await answered<{
      comparePrices: { entries: Numbers[]; unknownSymbols: string[]; unrankedSymbols: string[] };
    }>(COMPARE, { symbols, period: 'WEEK' });
    const { entries, unknownSymbols, unrankedSymbols } = comparePrices;
    expect(unknownSymbols).toEqual(['NOBODY']);
    expect(entries.length + unrankedSymbols.length).toBe(9);
    expect(entries.map(({ rank }) => rank)).toEqual(entries.map((_, at) => at + 1));
  });

  test('names the project of each symbol, and none of a symbol that the platform does not list', async () => {
    const symbols = [...(await allSymbols()).slice(0, 5), 'HEX'];
    interface Named {
      entries: { price: { symbol: string; project: { name: string } | null } }[];
    }
    const { comparePrices } = await answered<{ comparePrices: Named }>(
      `query ($symbols: [String!]!) { comparePrices(symbols: $symbols) {
        entries { price { symbol project { name } } } } }`,
      { symbols },
    );
    const found = comparePrices.entries.map(({ price }) => [price.symbol, price.project?.name ?? null]);
    const { projects } = await serving.market.records();
    const names = new Map(projects.map(({ symbol, name }) => [symbol, name]));
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(symbols.map((symbol) => [symbol, names.get(symbol) ?? null])),
    );
    expect(found).toContainEqual(['HEX', null]);
  });

  test('lists what has no change over the period as unranked', async () => {
    const symbols = await allSymbols();
    const unranked = (await pricesIn('USD', symbols))
      .filter(({ week }) => week === null)
      .map(({ symbol }) => symbol);
    const pair = [String(unranked[0]), 'NOBODY'];
    expect(await answered(COMPARE, { symbols: pair, period: 'WEEK' })).toMatchObject({
      comparePrices: {
        period: 'WEEK',
        entries: [],
        unknownSymbols: ['NOBODY'],
        unrankedSymbols: [pair[0]],
        averageChangePercent: null,
        best: null,
        worst: null,
      },
    });
  });
});

describe('the candles of projects', () => {
  const CANDLE = '{ time open high low close volume }';
  interface Listed {
    projects: { nodes: { symbol: string; candles: unknown[]; others?: unknown[] }[] };
  }
  const listed = async (first: number, fields: string) =>
    (await answered<Listed>(`{ projects(first: ${first}) { nodes { symbol ${fields} } } }`)).projects.nodes;

  test.each(['HOUR', 'DAY'])('are the last ones of their symbols, oldest first: %s', async (interval) => {
    const symbols = (await allSymbols()).slice(0, 15);
    const roots = symbols.map(
      (symbol, at) => `s${at}: candles(symbol: "${symbol}", interval: ${interval}) ${CANDLE}`,
    );
    const held = Object.values(await answered<Record<string, unknown[]>>(`{ ${roots.join(' ')} }`));
    expect(held[0]?.length).toBeGreaterThan(100);
    for (const last of [1, 2, 100, 1000]) {
      const nodes = await listed(15, `candles(interval: ${interval}, last: ${last}) ${CANDLE}`);
      expect(nodes.map(({ candles }) => candles)).toEqual(held.map((candles) => candles.slice(-last)));
    }
  });

  test('are those of 24 hours by default', async () => {
    const written = 'candles: candles(interval: HOUR, last: 24) { time } others: candles { time }';
    const [bitcoin] = await listed(1, written);
    expect(bitcoin?.candles).toHaveLength(24);
    expect(bitcoin?.others).toEqual(bitcoin?.candles);
    const nulls = await listed(1, 'candles(interval: null, last: null) { time }');
    expect(nulls[0]?.candles).toEqual(bitcoin?.candles);
  });
});

describe('history', () => {
  interface Point {
    time: string;
    price: number;
  }
  const points = async (period: string) => {
    const query = `{ price(symbol: "BTC") { history(period: ${period}) { time price } } }`;
    return (await answered<{ price: { history: Point[] } }>(query)).price.history;
  };
  const hoursBefore = (count: number) => {
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    return Array.from({ length: count }, (_, at) =>
      new Date(hour - (count - at) * 3_600_000).toISOString().replace('.000Z', 'Z'),
    );
  };

  test('is the close of every finished hour of the period, oldest first', async () => {
    for (const [period, hours] of [
      ['HOUR', 1],
      ['DAY', 24],
      ['WEEK', 168],
      ['MONTH', 720],
    ] as const) {
      const times = (await points(period)).map(({ time }) => time);
      expect(times).toEqual(hoursBefore(hours));
    }
    const { candles } = await answered<{ candles: { time: string; close: number }[] }>(
      '{ candles(symbol: "BTC") { time close } }',
    );
    const closes = candles.map(({ time, close }) => ({ time, price: close }));
    const week = await points('WEEK');
    expect(closes.slice(-week.length)).toEqual(week);
  });

  test('goes on with each hourly run', async () => {
    const { market, gateway } = serving;
    await gateway.advance(3_600 - (market.startAt % 3_600));
    const ended = new Date(Date.now() - 3_600_000).toISOString().replace('.000Z', 'Z');
    await gateway.scheduled(CRONS.prices);
    await gateway.scheduled(CRONS.hourly);
    const day = await points('DAY');
    expect(day.at(-1)?.time).toBe(ended);
    expect(day.at(-1)?.price).toBeGreaterThan(0);
  });
});
