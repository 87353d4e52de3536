/** The copy of the cache tags' generations in KV: one value that every isolate reads again and again. */
import * as z from 'zod';
import { readJsonValues } from './json-values.ts';
import { CACHE_GENERATIONS_KEY } from './keys.ts';

const generationsSchema = z.record(z.string(), z.number());
/** By tag, without tags that never changed. */
export type CacheGenerations = Readonly<Record<string, number>>;

/** Throws if KV fails. */
export async function readCacheGenerations(kv: KVNamespace): Promise<CacheGenerations> {
  const values = await readJsonValues(kv, [CACHE_GENERATIONS_KEY], generationsSchema);
  return values.get(CACHE_GENERATIONS_KEY) ?? {};
}

export async function writeCacheGenerations(kv: KVNamespace, generations: CacheGenerations): Promise<void> {
  await kv.put(CACHE_GENERATIONS_KEY, JSON.stringify(generations));
}
