import { beforeAll, expect, test } from 'vitest';
import { ask, CATEGORIES, type Caching, startCaching } from '../../support/cache-bench.ts';

let caching: Caching;
beforeAll(async () => {
  caching = await startCaching();
});
const answersPut = () => caching.cacheKv.puts.filter(({ key }) => key.startsWith('answer:'));

test('what anybody may make up is never put into KV, however long it would live', async () => {
  for (let index = 0; index < 100; index += 1) {
    const from = new Date(index * 3_600_000).toISOString();
    const query = 'query($from: DateTime) { candles(symbol: "BTC", from: $from) { time } }';
    expect((await ask(caching.gateway, { query, variables: { from } })).xCache).toBe('MISS');
    expect(
      (await ask(caching.gateway, { query: `${CATEGORIES.query} # ${index}`, method: 'POST' })).xCache,
    ).toBe('MISS');
  }
  expect(answersPut()).toEqual([]);
});

test('answers stay their own when far more is asked for than memory holds', async () => {
  const asked = async (index: number) => {
    // A long text asks for the same, so that a few hundred of them weigh more than all that may be kept.
    const query = `query($first: Int) { projects(first: $first) { nodes { id } } } #${`${index}`.padEnd(90_000, ' ')}`;
    const answer = await ask(caching.gateway, {
      query,
      variables: { first: 1 + (index % 3) },
      method: 'POST',
    });
    return (answer.body.data.projects as { nodes: unknown[] }).nodes.length;
  };
  for (let index = 0; index < 60; index += 1) expect(await asked(index)).toBe(1 + (index % 3));
  for (let index = 59; index >= 0; index -= 1) expect(await asked(index)).toBe(1 + (index % 3));
});
