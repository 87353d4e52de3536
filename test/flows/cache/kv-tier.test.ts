import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_KEY, adminOf, operationNamed, sha256Of } from '../../support/admin.ts';
import { ask, type Caching, startCaching } from '../../support/cache-bench.ts';
import { startGateway } from '../../support/gateway.ts';

const DETAIL =
  'query Detail($symbol: String!) { project(by: { symbol: $symbol }) { name detail { about } } }';

let caching: Caching;
/** Categories live an hour, details ten minutes. */
let categories: { id: string };
let detail: { id: string; variables: object };
beforeEach(async () => {
  caching = await startCaching({ vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  const operation = await operationNamed('Categories');
  const details = { id: await sha256Of(DETAIL), document: DETAIL };
  await adminOf(caching.gateway).publish('web', '1', [operation, details]);
  categories = { id: operation.id };
  detail = { id: details.id, variables: { symbol: 'BTC' } };
  caching.executions();
});

const answersPut = () => caching.cacheKv.puts.filter(({ key }) => key.startsWith('answer:'));
const elsewhere = () => caching.gateway.coldIsolate();

test('one put a fill, for as long as the answer may be served', async () => {
  await ask(caching.gateway, categories);
  await ask(caching.gateway, categories);
  await ask(caching.gateway, detail);
  expect(answersPut().map(({ expirationTtl }) => expirationTtl)).toEqual([3_600 + 86_400, 600 + 86_400]);
});

test('ages do not begin anew in another tier or another isolate', async () => {
  const made = await ask(caching.gateway, categories);
  caching.executions();
  for (const [seconds, age] of [
    [100, 100],
    [1_000, 1_100],
    [2_499, 3_599],
  ] as const) {
    await caching.gateway.advance(seconds);
    elsewhere();
    for (const tier of ['KV', 'memory']) {
      const answer = await ask(caching.gateway, categories);
      expect([tier, answer.xCache, answer.age, answer.text, answer.etag]).toEqual([
        tier,
        'HIT',
        age,
        made.text,
        made.etag,
      ]);
      expect(answer.cacheStatus.ttl).toBe(3_600 - age);
    }
  }
  expect(caching.executions()).toBe(0);
  await caching.gateway.advance(1);
  elsewhere();
  expect(await ask(caching.gateway, categories)).toMatchObject({ xCache: 'STALE', age: 3_600 });
});

test('an isolate whose answer has become stale takes the newer one that another has put into KV', async () => {
  await ask(caching.gateway, detail);
  const first = caching.gateway;
  const other = startGateway(caching.market, {
    DB: caching.db.binding,
    CACHE_KV: caching.cacheKv.binding,
    PRICES_KV: caching.pricesKv.binding,
    ADMIN_KEY,
    OPERATIONS_MODE: 'id_only',
  });
  await ask(other, detail);
  await caching.gateway.advance(601);
  expect((await ask(other, detail)).xCache).toBe('STALE');
  const renewed = await ask(other, detail);
  expect([renewed.xCache, renewed.age]).toEqual(['HIT', 0]);
  caching.executions();
  const putsBefore = answersPut().length;
  await caching.gateway.advance(60);
  await ask(first, detail);
  const answer = await ask(first, detail);
  expect([answer.xCache, answer.age]).toEqual(['HIT', 60]);
  expect(caching.executions()).toBe(0);
  expect(answersPut()).toHaveLength(putsBefore);
});

describe('what KV holds under an answer’s key', () => {
  const WRONG: [string, (kept: object) => unknown][] = [
    ['no metadata', () => undefined],
    ['other metadata', () => ({ version: 2 })],
    ['no generations', (kept) => ({ ...kept, generations: undefined })],
    ['generations of other tags', (kept) => ({ ...kept, generations: [9e12, 9e12] })],
    ['no generation at all', (kept) => ({ ...kept, generations: [] })],
    ['a time that is a text', (kept) => ({ ...kept, executedAtMs: '2026' })],
    ['a time that is null', (kept) => ({ ...kept, executedAtMs: null })],
    ['a tag that is a number', (kept) => ({ ...kept, etag: 1 })],
  ];

  test.each(WRONG)('%s counts as absent', async (_, metadataOf) => {
    const made = await ask(caching.gateway, categories);
    const key = answersPut()[0]?.key ?? '';
    const { value, metadata } = await env.CACHE_KV.getWithMetadata(key, 'text');
    await env.CACHE_KV.put(key, value ?? '', { metadata: metadataOf(metadata as object) });
    elsewhere();
    const answer = await ask(caching.gateway, categories);
    expect([answer.xCache, answer.text]).toEqual(['MISS', made.text]);
    elsewhere();
    expect(await ask(caching.gateway, categories)).toMatchObject({ xCache: 'HIT', text: made.text });
  });

  test.each([
    ['nothing', ''],
    ['other bytes', '{"data":{"projectCategories":[]}}'],
    ['cut bytes', '{"data":{"proj'],
  ])('%s counts as absent', async (_, value) => {
    const made = await ask(caching.gateway, categories);
    const key = answersPut()[0]?.key ?? '';
    const { metadata } = await env.CACHE_KV.getWithMetadata(key);
    await env.CACHE_KV.put(key, value, { metadata });
    elsewhere();
    const answer = await ask(caching.gateway, categories);
    expect([answer.xCache, answer.text]).toEqual(['MISS', made.text]);
  });
});

test('while KV fails, answers are made and kept in memory', async () => {
  caching.cacheKv.fail('KV is down');
  const other = { ...detail, variables: { symbol: 'ETH' } };
  const made = await ask(caching.gateway, other);
  expect([made.status, made.xCache, made.body.errors]).toEqual([200, 'MISS', undefined]);
  expect(await ask(caching.gateway, other)).toMatchObject({ xCache: 'HIT', text: made.text });
});
