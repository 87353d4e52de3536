/** A value that the schema cannot carry costs that value: the rest of its record and every other record are shown. */
import { describe, expect, test } from 'vitest';
import { CRONS } from '../../support/gateway.ts';
import { type Fields, lastRun, MILLISECONDS, refusedValues } from '../../support/refused-values.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';

/** Newer than all prices of a new market. */
const NEW = 1_708_263_277 + 60;

const record = {
  symbol: 'BTC',
  price: 100,
  priceUsd: 100,
  lastUpdate: NEW,
  rank: 1,
  marketCap: 5,
  volume24h: 6,
  changePercent7d: 3,
  exchanges: [{ exchange: 'Here', price: 100, volume24h: 7, lastUpdate: NEW }],
};

describe('a price', () => {
  const QUERY = `{ price(symbol: "BTC") { priceUsd price rank marketCap volume24h updatedAt
    changePercent(period: WEEK) exchanges { exchange price volume24h } indicators { rsi support macd { value } } } }`;
  async function shownPrice(serving: Serving, changes: Fields) {
    const answer = { BTC: { ...record, ...changes } };
    await serving.market.writeAnswer('prices-batch', JSON.stringify(answer));
    await serving.gateway.advance(60);
    serving.complaints();
    await serving.gateway.scheduled(CRONS.prices);
    const { data, errors } = await serving.gateway.query<{ price: Fields }>(QUERY);
    expect(errors).toBeUndefined();
    return data.price;
  }

  test.each<[string, Fields, Fields]>([
    ['rank', { rank: 2 ** 31 }, { rank: null }],
    ['marketCap', { marketCap: 1e308 }, { marketCap: null }],
    ['volume24h', { volume24h: 'NaN' }, { volume24h: null }],
    ['changePercent7d', { changePercent7d: -1.7e308 }, { changePercent: null }],
    [
      'exchanges.0.price',
      { exchanges: [{ exchange: 'There', price: null, lastUpdate: 1 }, 7, record.exchanges[0]] },
      { exchanges: [expect.objectContaining({ exchange: 'Here' })] },
    ],
    [
      'technicalIndicators.macd.signal',
      {
        technicalIndicators: {
          rsi: 50,
          macd: { value: 1, signal: null, histogram: 1 },
          movingAverages: { ma7: 1 },
          support: [],
        },
      },
      { indicators: { rsi: 50, support: null, macd: null } },
    ],
  ])('loses %s alone', async (field, changes, shown) => {
    const serving = await startServing();
    const good = await shownPrice(serving, {});
    expect(good).toMatchObject({ priceUsd: 100, rank: 1, changePercent: 3 });
    expect(await shownPrice(serving, { priceUsd: 200, ...changes })).toEqual({
      ...good,
      priceUsd: 200,
      price: Number(good.price) * 2,
      ...shown,
    });
    expect(refusedValues(serving)[0]).toContain(`BTC: ${field}: `);
    expect((await lastRun('prices')).first_error).toContain(`"BTC": ${field}: `);
  });

  test.each([1e308, '100', -1, null])('that is %j is refused: the last good one stays', async (priceUsd) => {
    const serving = await startServing();
    const good = await shownPrice(serving, {});
    expect(await shownPrice(serving, { priceUsd, lastUpdate: NEW + 60 })).toEqual(good);
    expect(refusedValues(serving)[0]).toContain('BTC: priceUsd: ');
  });

  test('whose time is bad is taken, with the last good time', async () => {
    const serving = await startServing();
    const good = await shownPrice(serving, {});
    const after = await shownPrice(serving, { priceUsd: 200, lastUpdate: MILLISECONDS });
    expect(after).toMatchObject({ priceUsd: 200, updatedAt: good.updatedAt });
    expect(refusedValues(serving)[0]).toContain('BTC: lastUpdate: ');
    expect(await lastRun('prices')).toMatchObject({ outcome: 'partial', skipped_count: 1 });
  });

  test('is shown in every currency, however little bitcoin costs upstream', async () => {
    const serving = await startServing();
    await shownPrice(serving, { price: 1e-300, priceUsd: 1e-300 });
    for (const currency of ['BTC', 'JPY', 'ETH']) {
      const { data, errors } = await serving.gateway.query(
        `{ price(symbol: "BTC", currency: ${currency}) { price marketCap } }`,
      );
      expect(errors).toBeUndefined();
      expect(data.price).not.toBeNull();
    }
  });
});

test('a price that is not synced keeps its last good time, and its refused values are named', async () => {
  const serving = await startServing();
  const { gateway, market } = serving;
  const ask = (symbol: string) =>
    gateway.query<{ price: Fields | null }>(`{ price(symbol: "${symbol}") { priceUsd rank updatedAt } }`);
  const answer = (changes: Fields) =>
    market.writeAnswer(
      'prices-batch',
      JSON.stringify({
        HEX: { ...record, symbol: 'HEX', ...changes },
        NEW: { ...record, symbol: 'NEW', ...changes },
      }),
    );
  await answer({});
  const good = (await ask('HEX')).data.price;
  expect(good).toMatchObject({ priceUsd: 100, rank: 1 });
  await gateway.advance(301);
  await answer({ priceUsd: 200, rank: 2 ** 31, lastUpdate: MILLISECONDS });
  serving.complaints();
  expect(await ask('HEX')).toMatchObject({
    errors: undefined,
    data: { price: { priceUsd: 200, rank: null, updatedAt: good?.updatedAt } },
  });
  const [line] = serving.complaints().filter(({ event }) => event === 'upstream.values_refused');
  expect(line?.values).toMatch(/"HEX","reason":"rank: .*"HEX","reason":"lastUpdate: /);
  const unknown = await ask('NEW');
  expect(unknown.data.price).toBeNull();
  expect(unknown.errors?.map(({ extensions }) => extensions.code)).toEqual(['UPSTREAM_UNAVAILABLE']);
});

test('a candle loses its volume, and a candle without a close is left out', async () => {
  const serving = await startServing();
  const day = Math.floor(serving.market.startAt / 86_400) * 86_400;
  const candle = { open: 2, high: 3, low: 1, close: 2, volume: 4 };
  const history = [
    { time: day - 3 * 86_400, ...candle, volume: 'x' },
    { time: day - 2 * 86_400, ...candle, close: null },
    { time: day - 86_400, ...candle },
  ];
  await serving.market.writeAnswer('price-history', JSON.stringify(history));
  serving.complaints();
  await serving.gateway.scheduled(CRONS.nightly);
  const { data } = await serving.gateway.query('{ candles(symbol: "BTC", interval: DAY) { close volume } }');
  expect(data).toEqual({
    candles: [
      { close: 2, volume: null },
      { close: 2, volume: 4 },
    ],
  });
  expect(refusedValues(serving)).toEqual(
    expect.arrayContaining([
      expect.stringContaining(`${day - 3 * 86_400}: volume: `),
      expect.stringContaining(`${day - 2 * 86_400}: close: `),
    ]),
  );
});
