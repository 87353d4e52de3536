/** `from` and `to` of `candles` include exactly the candles that begin between them, to the millisecond. */
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { type Serving, startServing } from '../support/serving-bench.ts';

const DAY = Date.parse('2024-02-10T00:00:00Z') / 1000;
const STEPS = [
  ['1h', 3_600],
  ['1d', 86_400],
] as const;

let serving: Serving;
beforeAll(async () => {
  serving = await startServing();
  for (const [interval, step] of STEPS) {
    const insert = env.DB.prepare(
      "INSERT INTO candle (symbol, interval, time, open, high, low, close) VALUES ('BTC', ?1, ?2, 2, 3, 1, 2)",
    );
    await env.DB.batch([0, 1, 2].map((index) => insert.bind(interval, DAY + index * step)));
  }
});

/** The places of the candles within the bounds, which are given as an index of a candle and what follows its second. */
async function within(
  interval: 'HOUR' | 'DAY',
  step: number,
  bounds: { from?: [number, string]; to?: [number, string] },
) {
  const written = (bound?: [number, string]) =>
    bound && new Date((DAY + bound[0] * step) * 1000).toISOString().replace('.000Z', bound[1]);
  const { data, errors } = await serving.gateway.post<{ candles: { time: string }[] }>({
    query: `query ($interval: CandleInterval, $from: DateTime, $to: DateTime) {
      candles(symbol: "BTC", interval: $interval, from: $from, to: $to) { time }
    }`,
    variables: { interval, from: written(bounds.from), to: written(bounds.to) },
  });
  expect(errors).toBeUndefined();
  return data.candles.map(({ time }) => (Date.parse(time) / 1000 - DAY) / step);
}

test.each([
  ['HOUR', 3_600],
  ['DAY', 86_400],
] as const)('candles of one %s', async (interval, step) => {
  const ask = (bounds: Parameters<typeof within>[2]) => within(interval, step, bounds);
  for (const exact of ['Z', '.000Z', '.0000000000Z', '+00:00']) {
    expect(await ask({ from: [1, exact], to: [2, exact] })).toEqual([1, 2]);
    expect(await ask({ from: [1, exact], to: [1, exact] })).toEqual([1]);
  }
  for (const later of ['.001Z', '.999Z', '.5Z', '.0001Z', '.0000000001Z', '.9999999999999Z', '.001+00:00']) {
    expect([later, ...(await ask({ from: [0, later], to: [2, 'Z'] }))]).toEqual([later, 1, 2]);
    expect([later, ...(await ask({ from: [0, 'Z'], to: [1, later] }))]).toEqual([later, 0, 1]);
    expect(await ask({ from: [0, later], to: [0, later] })).toEqual([]);
  }
});

test('bounds that differ by a millisecond may be in the wrong order', async () => {
  const { errors } = await serving.gateway.query(
    '{ candles(symbol: "BTC", from: "2024-02-10T00:00:00.002Z", to: "2024-02-10T00:00:00.001Z") { time } }',
  );
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
});
