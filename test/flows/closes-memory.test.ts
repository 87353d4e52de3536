import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { ask, type Caching, type Question, startCaching } from '../support/cache-bench.ts';
import { CRONS } from '../support/gateway.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching();
  // Two hours that have ended, with a candle each.
  for (const hour of [1, 2]) {
    await caching.gateway.advance(hour === 1 ? 3_600 - (caching.market.startAt % 3_600) : 3_600);
    await caching.gateway.scheduled(CRONS.hourly);
    await caching.gateway.scheduled(CRONS.prices);
  }
  caching.gateway.coldIsolate();
});

const histories = (first: number, period = 'WEEK'): Question => ({
  query: `{ projects(first: ${first}) { nodes { price { symbol history(period: ${period}) { time price } } } } }`,
});
const answered = async (question: Question) => (await ask(caching.gateway, question)).body.data;

/** Whether an answer that is not in the response cache has D1 asked for closes. */
async function readsCloses(question: Question): Promise<boolean> {
  caching.db.reads.length = 0;
  expect((await ask(caching.gateway, question)).xCache).toBe('MISS');
  return caching.db.reads.some((sql) => sql.includes('hourly_closes'));
}

test('what another list has read of the same hour is not read again', async () => {
  expect(await readsCloses(histories(5))).toBe(true);
  expect(await readsCloses(histories(4))).toBe(false);
  // A shorter period is the end of a longer one; a longer one is more than what is known.
  expect(await readsCloses(histories(3, 'DAY'))).toBe(false);
  expect(await readsCloses(histories(3, 'MONTH'))).toBe(true);
  const remembered = await answered(histories(4));
  expect(JSON.stringify(remembered)).toContain('"time"');
  caching.gateway.coldIsolate();
  expect(await answered(histories(4))).toEqual(remembered);
});

test('a sync is seen 15 s after KV shows it', async () => {
  await caching.gateway.advance(3_300);
  const before = await answered(histories(5));
  await caching.gateway.advance(300);
  await caching.gateway.scheduled(CRONS.hourly);
  await caching.gateway.advance(15);
  // The generations that an isolate goes by are read again beside this one.
  await answered(histories(3));
  const after = await answered(histories(4));
  caching.gateway.coldIsolate();
  expect(after).toEqual(await answered(histories(4)));
  const hoursOf = (data: object) => JSON.stringify(data).match(/T\d\d:00:00Z/g) ?? [];
  expect(new Set(hoursOf(after)).size).toBe(new Set(hoursOf(before)).size + 1);
});

test('what changed without a word of it is seen ten minutes later', async () => {
  await answered(histories(5));
  await env.DB.prepare('DELETE FROM hourly_closes').run();
  await caching.gateway.advance(599);
  expect(JSON.stringify(await answered(histories(4)))).toContain('"time"');
  await caching.gateway.advance(1);
  expect(JSON.stringify(await answered(histories(3)))).not.toContain('"time"');
});
