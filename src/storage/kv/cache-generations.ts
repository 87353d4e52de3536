/** KV's copy of the cache tags' generations: the one value that every isolate rereads. */
import * as z from 'zod';
import { readJsonValues } from './json-values.ts';
import { CACHE_GENERATIONS_KEY } from './keys.ts';

const generationsSchema = z.record(z.string(), z.number());
/** By tag; a tag that never changed is absent. */
export type CacheGenerations = Readonly<Record<string, number>>;

/** Throws where KV fails. */
export async function readCacheGenerations(kv: KVNamespace): Promise<CacheGenerations> {
  const values = await readJsonValues(kv, [CACHE_GENERATIONS_KEY], generationsSchema);
  return values.get(CACHE_GENERATIONS_KEY) ?? {};
}

export async function writeCacheGenerations(kv: KVNamespace, generations: CacheGenerations): Promise<void> {
  await kv.put(CACHE_GENERATIONS_KEY, JSON.stringify(generations));
}
