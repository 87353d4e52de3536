import { evictAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { emptyStorage } from '../support/empty-storage.ts';

/** Every binding of a class. */
const bindings = <Class>(name: string) =>
  Object.entries(env).flatMap(([key, binding]: [string, object]) =>
    binding.constructor.name === name && !key.startsWith('__VITEST') ? [binding as Class] : [],
  );
const DATABASES = bindings<D1Database>('D1Database');
const KV = bindings<KVNamespace>('KvNamespace');
const BUCKETS = bindings<R2Bucket>('R2Bucket');
const OBJECTS = bindings<DurableObjectNamespace>('DurableObjectNamespace');
const IN_AN_HOUR_MS = 3_600_000;

const inObjects = <Result>(work: (storage: DurableObjectStorage) => Promise<Result>) =>
  Promise.all(
    OBJECTS.map((objects) => runInDurableObject(objects.getByName('a'), (_, { storage }) => work(storage))),
  );

const IS_TABLE = "SELECT count(*) AS n FROM sqlite_master WHERE name = 'a'";

/** For each binding: true if it has what `fill` stores. */
const filled = async () => ({
  databases: await Promise.all(DATABASES.map(async (db) => (await db.prepare(IS_TABLE).first('n')) === 1)),
  kv: await Promise.all(KV.map(async (kv) => (await kv.get('a')) !== null)),
  buckets: await Promise.all(BUCKETS.map(async (bucket) => (await bucket.head('a')) !== null)),
  objects: await inObjects(async (storage) => (await storage.get('a')) !== undefined),
  alarms: await inObjects(async (storage) => (await storage.getAlarm()) !== null),
});

async function fill(): Promise<void> {
  for (const db of DATABASES) await db.exec('CREATE TABLE a (b)');
  for (const kv of KV) await kv.put('a', 'b');
  for (const bucket of BUCKETS) await bucket.put('a', 'b');
  await inObjects(async (storage) => {
    await storage.put('a', 'b');
    await storage.setAlarm(Date.now() + IN_AN_HOUR_MS);
  });
}

test.each(['run', 'were evicted'])(
  'storage is emptied of all there was, while its objects %s',
  async (state) => {
    await fill();
    for (const [kind, each] of Object.entries(await filled()))
      expect(new Set(each), kind).toEqual(new Set([true]));
    if (state === 'were evicted') await evictAllDurableObjects();
    await emptyStorage();
    for (const [kind, each] of Object.entries(await filled())) expect(each, kind).not.toContain(true);
  },
);
