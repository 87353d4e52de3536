import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CacheKey,
  etagOf,
  KV_PUTS,
  ResponseCache,
  type StoredAnswer,
} from '../../../src/cache/response-cache.ts';
import { BoundedMemory } from '../../../src/storage/bounded-memory.ts';

const LIMIT = 20_000;
const policy = (maxAgeSeconds: number) => ({
  maxAgeSeconds,
  staleWhileRevalidateSeconds: 10,
  staleIfErrorSeconds: 20,
  scope: 'public' as const,
  tags: [],
});
const keyed = (text: string, more: Partial<CacheKey> = {}): CacheKey => ({
  text,
  policy: policy(60),
  operationId: 'sha256:1',
  ...more,
});
const answered = (bytes: number, executedAtMs = 1): StoredAnswer => ({
  body: new Uint8Array(bytes),
  etag: '"x"',
  executedAtMs,
  generations: [],
  nextRefreshAtMs: 0,
});

function cacheOver() {
  const puts: { key: string; options: KVNamespacePutOptions }[] = [];
  const deleted: string[] = [];
  const kv = {
    delete: async (key: string) => {
      deleted.push(key);
    },
    put: async (key: string, _: unknown, options: KVNamespacePutOptions) => {
      puts.push({ key, options });
    },
  } as unknown as KVNamespace;
  const clock = { ms: 0 };
  return {
    puts,
    deleted,
    cache: new ResponseCache({
      kv,
      schemaHash: 'x',
      nowMs: () => clock.ms,
      memory: new BoundedMemory(LIMIT),
    }),
    clock,
  };
}

describe('memory', () => {
  test('never holds more than its bound, bodies, keys and what is around them counted, whatever comes', () => {
    const step = fc.record({ key: fc.nat(30), keyLength: fc.nat(3_000), bytes: fc.nat(25_000) });
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { cache } = cacheOver();
        const stored = new Map<string, number>();
        for (const [index, { key, keyLength, bytes }] of steps.entries()) {
          const text = `${key}`.padEnd(keyLength, '.');
          await cache.store(keyed(text), answered(bytes, index));
          stored.set(text, bytes);
          expect(cache.bytes).toBeLessThanOrEqual(LIMIT);
        }
        let held = 0;
        for (const [text] of stored) {
          const found = cache.inMemory(keyed(text));
          if (found !== undefined) held += found.body.byteLength + text.length;
        }
        expect(held).toBeLessThanOrEqual(cache.bytes);
      }),
    );
  });

  test('forgets what was asked for longest ago', async () => {
    const { cache } = cacheOver();
    for (const text of ['a', 'b', 'c']) await cache.store(keyed(text), answered(5_000));
    cache.inMemory(keyed('a'));
    await cache.store(keyed('d'), answered(5_000));
    expect(['a', 'b', 'c', 'd'].filter((text) => cache.inMemory(keyed(text)))).toEqual(['a', 'c', 'd']);
  });

  test('keeps the later made of two, whichever comes last', async () => {
    const { cache } = cacheOver();
    await cache.store(keyed('a'), answered(2, 200));
    await cache.store(keyed('a'), answered(1, 100));
    expect(cache.inMemory(keyed('a'))?.body.byteLength).toBe(2);
  });

  test('forgets an answer once it holds no longer, but none that was made later', async () => {
    const { cache } = cacheOver();
    await cache.store(keyed('a'), answered(2, 200));
    cache.forget(keyed('a'), 199);
    expect(cache.inMemory(keyed('a'))).toBeDefined();
    cache.forget(keyed('a'), 200);
    expect(cache.inMemory(keyed('a'))).toBeUndefined();
  });
});

describe('KV', () => {
  test('is given what lives 600 s and more and was registered, and nothing else', async () => {
    const { cache, puts } = cacheOver();
    await cache.store(keyed('short', { policy: policy(599) }), answered(1));
    await cache.store(keyed('anybody', { policy: policy(600), operationId: null }), answered(1));
    expect(puts).toEqual([]);
    await cache.store(keyed('long', { policy: policy(600) }), answered(1));
    expect(puts).toHaveLength(1);
    expect(puts[0]?.options).toEqual({
      expirationTtl: 620,
      metadata: { etag: '"x"', executedAtMs: 1, generations: [] },
    });
  });

  test('is given so many answers a minute and no more, however many are made up', async () => {
    const { cache, puts, clock } = cacheOver();
    const flood = async (name: string) => {
      for (let index = 0; index < 1_000; index += 1)
        await cache.store(keyed(`${name} ${index}`, { policy: policy(600) }), answered(1));
    };
    await flood('first');
    clock.ms += KV_PUTS.seconds * 1000 - 1;
    await flood('as soon');
    expect(puts).toHaveLength(KV_PUTS.times);
    clock.ms += 1;
    await flood('a minute later');
    expect(puts).toHaveLength(2 * KV_PUTS.times);
    // What is not put is in memory all the same.
    expect(cache.inMemory(keyed('a minute later 999'))).toBeDefined();
  });

  test('loses what is forgotten, within the same budget, and only what it may hold', async () => {
    const { cache, puts, deleted } = cacheOver();
    const long = { policy: policy(600) };
    await cache.store(keyed('long', long), answered(1));
    expect(cache.forget(keyed('short'), 2)).toBeNull();
    expect(cache.forget(keyed('anybody', { ...long, operationId: null }), 2)).toBeNull();
    await cache.forget(keyed('long', long), 2);
    expect(deleted).toEqual(puts.map(({ key }) => key));
    for (let index = 0; index < 1_000; index += 1) await cache.forget(keyed(`long ${index}`, long), 2);
    expect(puts.length + deleted.length).toBe(KV_PUTS.times);
  });

  test('has one key for one request of one schema', async () => {
    const keys = async (schemaHash: string, text: string) => {
      const { puts } = cacheOver();
      const kv = {
        put: async (key: string) => void puts.push({ key, options: {} }),
      } as unknown as KVNamespace;
      await new ResponseCache({ kv, schemaHash, memory: new BoundedMemory(LIMIT), nowMs: () => 0 }).store(
        keyed(text, { policy: policy(600) }),
        answered(1),
      );
      return puts[0]?.key;
    };
    expect(await keys('one', 'a')).toBe(await keys('one', 'a'));
    expect(await keys('one', 'a')).not.toBe(await keys('other', 'a'));
    expect(await keys('one', 'a')).not.toBe(await keys('one', 'b'));
  });
});

test('a tag is of the bytes: other bytes, another tag', async () => {
  const tags = await Promise.all(['', 'a', 'b', 'a '].map((text) => etagOf(new TextEncoder().encode(text))));
  expect(new Set(tags).size).toBe(4);
  for (const tag of tags) expect(tag).toMatch(/^"[\x21\x23-\x7e]+"$/);
});

test('an answer from the future makes room for one of now, and an answer of now does not for an older one', () => {
  const { cache, clock } = cacheOver();
  clock.ms = 10_000_000;
  cache.store(keyed('a'), answered(1, clock.ms));
  clock.ms -= 3_600_000;
  cache.store(keyed('a'), answered(2, clock.ms));
  expect(cache.inMemory(keyed('a'))?.body.byteLength).toBe(2);
  cache.store(keyed('a'), answered(3, clock.ms - 1));
  expect(cache.inMemory(keyed('a'))?.body.byteLength).toBe(2);
});
