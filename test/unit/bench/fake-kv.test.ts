import { expect, test } from 'vitest';
import { FakeKv, KV_VISIBLE_AFTER_MS } from '../../../bench/cost/fake-kv.ts';

function startKv() {
  const clock = { nowMs: 0 };
  const kv = new FakeKv({ nowMs: () => clock.nowMs, causeOf: (key) => key.split(':')[0] ?? '' });
  return { clock, kv, here: kv.location(), there: kv.location() };
}

test('a location sees what it wrote at once, and another one that had not asked yet as well', async () => {
  const { here, there } = startKv();
  await here.put('answer:1', 'new');
  expect(await here.get('answer:1', 'text')).toBe('new');
  expect(await there.get('answer:1', 'text')).toBe('new');
});

test('a location that has read a value gives it on for a minute after another was written elsewhere', async () => {
  const { clock, here, there } = startKv();
  await here.put('answer:1', 'old');
  await there.get('answer:1', 'text');
  await here.put('answer:1', 'new');
  clock.nowMs = KV_VISIBLE_AFTER_MS - 1;
  expect(await there.get('answer:1', 'text')).toBe('old');
  clock.nowMs = KV_VISIBLE_AFTER_MS;
  expect(await there.get('answer:1', 'text')).toBe('new');
});

test('a location that found nothing goes on finding nothing for a minute', async () => {
  const { clock, here, there } = startKv();
  expect(await there.get('answer:1', 'text')).toBeNull();
  await here.put('answer:1', 'new');
  clock.nowMs = KV_VISIBLE_AFTER_MS - 1;
  expect(await there.get('answer:1', 'text')).toBeNull();
  clock.nowMs = KV_VISIBLE_AFTER_MS;
  expect(await there.get('answer:1', 'text')).toBe('new');
});

test('a value ends when its time is over, wherever it was read', async () => {
  const { clock, here, there } = startKv();
  await here.put('answer:1', 'short', { expirationTtl: 60, metadata: { etag: '"1"' } });
  clock.nowMs = 30_000;
  expect(await there.getWithMetadata('answer:1')).toEqual({ value: 'short', metadata: { etag: '"1"' } });
  clock.nowMs = 60_000;
  expect(await there.get('answer:1', 'text')).toBeNull();
});

test('every key is billed, also those of one call and those that are not there', async () => {
  const { kv, here } = startKv();
  await here.put('detail:1', 'one');
  await here.get(['detail:1', 'detail:2', 'answer:3'], 'text');
  expect(Object.fromEntries(kv.counts.reads)).toEqual({ detail: 2, answer: 1 });
  expect(Object.fromEntries(kv.counts.writes)).toEqual({ detail: 1 });
});
