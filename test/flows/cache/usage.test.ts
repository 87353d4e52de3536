import { beforeEach, expect, test } from 'vitest';
import { USAGE_FLUSH_SECONDS } from '../../../src/operations/usage.ts';
import { ADMIN_KEY, adminOf, operationNamed } from '../../support/admin.ts';
import { ask, type Caching, type Question, startCaching } from '../../support/cache-bench.ts';

let caching: Caching;
let admin: ReturnType<typeof adminOf>;
let id: string;
beforeEach(async () => {
  caching = await startCaching({ vars: { ADMIN_KEY, OPERATIONS_MODE: 'open' } });
  admin = adminOf(caching.gateway);
  const operation = await operationNamed('Categories');
  await admin.publish('web', '1', [operation]);
  id = operation.id;
});

/** By client and version, how often. */
async function counted(): Promise<Record<string, number>> {
  await caching.gateway.advance(USAGE_FLUSH_SECONDS);
  await caching.gateway.fetch('/health');
  const { body } = await admin.get<{
    usage: { client: string | null; version: string | null; count: number }[];
  }>('/usage');
  return Object.fromEntries(body.usage.map(({ client, version, count }) => [`${client} ${version}`, count]));
}

const times = async (count: number, question: Question) => {
  for (let time = 0; time < count; time += 1) await ask(caching.gateway, question);
};
const named = (name: string, version: string) => ({
  'graphql-client-name': name,
  'graphql-client-version': version,
});

test('every request counts once, made or kept, by GET and by POST', async () => {
  await times(3, { id });
  await times(4, { id, method: 'POST' });
  expect(await counted()).toEqual({ 'null null': 7 });
});

test('stale answers, refreshes beside them and 304 count as one request each', async () => {
  await times(1, { id });
  await caching.gateway.advance(3_600);
  await times(1, { id });
  const { etag } = await ask(caching.gateway, { id });
  await times(1, { id, headers: { 'If-None-Match': etag } });
  await caching.gateway.advance(3_600);
  await times(1, { id, headers: { 'If-None-Match': etag } });
  expect(await counted()).toEqual({ 'null null': 5 });
});

test('a hit counts for who is asking, by headers', async () => {
  await times(2, { id });
  await times(3, { id, headers: named('ios', '5') });
  await times(1, {
    id,
    headers: { 'apollographql-client-name': 'kotlin', 'apollographql-client-version': '2' },
  });
  await times(1, { id, headers: { 'graphql-client-name': 'x'.repeat(200) } });
  expect(await counted()).toEqual({ 'null null': 3, 'ios 5': 3, 'kotlin 2': 1 });
});

test('a hit counts for who is asking, by the id of an app release; headers come first', async () => {
  await times(3, { id: `android~7~${id}` });
  await times(2, { id: `android~8~${id}`, method: 'POST' });
  await times(2, { id: `android~8~${id}`, headers: { 'graphql-client-name': 'ios' } });
  await times(2, { id: `android~7~${id}`, headers: named('ios', '5') });
  expect(await counted()).toEqual({ 'android 7': 3, 'android 8': 2, 'ios 8': 2, 'ios 5': 2 });
});

test('a document that was never registered counts for nothing, and what is refused is no use', async () => {
  await times(2, { query: '{ projectCategories { name } }' });
  await times(2, { id, headers: { Accept: 'image/png' } });
  const kept = await counted();
  expect(kept['null null'] ?? 0).toBeLessThanOrEqual(2);
});
