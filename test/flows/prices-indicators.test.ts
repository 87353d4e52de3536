/** Indicators over GraphQL against their definitions, computed here over the candles that GraphQL gives. */

import { beforeAll, describe, expect, inject, test } from 'vitest';
import { CRONS } from '../support/gateway.ts';
import { createMarket } from '../support/market.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';

interface Indicators {
  rsi: number;
  macd: { value: number; signal: number; histogram: number };
  movingAverages: Record<string, number>;
  support: number;
  resistance: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function wilderRsi(closes: readonly number[]): number {
  const changes = closes.slice(1).map((close, at) => close - Number(closes[at]));
  const smoothed = (values: number[]) =>
    values.slice(14).reduce((average, value) => (average * 13 + value) / 14, mean(values.slice(0, 14)));
  const gain = smoothed(changes.map((change) => Math.max(change, 0)));
  const loss = smoothed(changes.map((change) => Math.max(-change, 0)));
  return 100 - 100 / (1 + gain / loss);
}

function exponential(values: readonly number[], periods: number): number[] {
  const weight = 2 / (periods + 1);
  let before = Number(values[0]);
  return values.map((value) => {
    before += weight * (value - before);
    return before;
  });
}

function macd(closes: readonly number[]) {
  const slow = exponential(closes, 26);
  const line = exponential(closes, 12).map((fast, at) => fast - Number(slow[at]));
  const value = Number(line.at(-1));
  const signal = Number(exponential(line, 9).at(-1));
  return { value, signal, histogram: value - signal };
}

let serving: Serving;
let closes: number[];
let indicators: Indicators;
beforeAll(async () => {
  const source = (await hasRealMarket()) ? 'shared' : 'made-up';
  serving = await startServing({
    market: { source, projectCount: 3 },
    crons: [...FIRST_SYNC, CRONS.nightly],
  });
  const { data, errors } = await serving.gateway.query<{
    candles: { time: string; close: number }[];
    price: { indicators: Indicators };
  }>(`{
    candles(symbol: "BTC", interval: DAY) { time close }
    price(symbol: "BTC") {
      indicators { rsi macd { value signal histogram } movingAverages { ma7 ma25 ma50 ma200 } support resistance }
    }
  }`);
  expect(errors).toBeUndefined();
  closes = data.candles.map(({ close }) => close);
  indicators = data.price.indicators;
});

/** The simulated upstream knows whether the real candles stand beside the project; this side of it cannot. */
async function hasRealMarket(): Promise<boolean> {
  const asDefault = await fetch(`${inject('upstreamUrl')}/control/markets`, {
    method: 'POST',
    body: '{"projectCount":1}',
  });
  const { priceApiUrl, apiKey } = (await asDefault.json()) as { priceApiUrl: string; apiKey: string };
  const ofMadeUp = await createMarket({ projectCount: 1 });
  const history = async (url: string) => {
    const response = await fetch(`${url}/prices/BTC/history?period=365d&interval=1d`, {
      headers: { Authorization: `Bearer ${apiKey}`, 'User-Agent': 'COM2000-Worker/1.0' },
    });
    return response.text();
  };
  return (await history(priceApiUrl)) !== (await history(ofMadeUp.priceApiUrl));
}

const close = (actual: number | undefined, expected: number) => {
  expect(Math.abs(Number(actual) - expected)).toBeLessThan(1e-6);
};

describe('after the nightly run over bitcoin’s days', () => {
  test('a year of daily candles is there', () => {
    expect(closes.length).toBeGreaterThanOrEqual(364);
  });

  test('RSI is Wilder’s over 14 days', () => {
    close(indicators.rsi, wilderRsi(closes));
    expect(indicators.rsi).toBeGreaterThan(0);
  });

  test('MACD is 12, 26 and 9', () => {
    const expected = macd(closes);
    close(indicators.macd.value, expected.value);
    close(indicators.macd.signal, expected.signal);
    close(indicators.macd.histogram, expected.histogram);
  });

  test.each([7, 25, 50, 200])('the average over %i days', (days) => {
    close(indicators.movingAverages[`ma${days}`], mean(closes.slice(-days)));
  });

  test('support and resistance hold the last closes between them', () => {
    expect(indicators.support).toBe(Math.min(...closes.slice(-30)));
    expect(indicators.resistance).toBe(Math.max(...closes.slice(-30)));
  });

  test('the watchlist and the project page see the same', async () => {
    const { data } = await serving.gateway.query(
      '{ prices(symbols: ["btc"]) { indicators { rsi } } project(by: { symbol: "btc" }) { price { indicators { rsi } } } }',
    );
    const expected = { indicators: { rsi: indicators.rsi } };
    expect(data).toEqual({ prices: [expected], project: { price: expected } });
  });
});

test('before the first night there are none, unless the price API gives its own', async () => {
  const young = await startServing();
  const { data } = await young.gateway.query('{ price(symbol: "BTC") { indicators { rsi } } }');
  expect(data).toEqual({ price: { indicators: null } });
});
