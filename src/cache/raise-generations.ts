import {
  type CacheGenerationRow,
  generationsQuery,
  generationWrite,
} from '../storage/d1/cache-generations.ts';
import { bringToKv } from '../storage/kv/bring-to-kv.ts';
import { type CacheGenerations, writeCacheGenerations } from '../storage/kv/cache-generations.ts';

export interface GenerationStores {
  db: D1Database;
  kv: KVNamespace;
  sleep(ms: number): Promise<void>;
  /** From 0 to less than 1. */
  random(): number;
}

/**
 * Makes all kept answers with one of the tags outdated, once isolates have read the value in KV.
 *
 * @param raised the tags, each with the number that its generation has at least then
 * @throws the last error of D1 or KV, after several attempts.
 */
export async function raiseGenerations(
  { db, kv, sleep, random }: GenerationStores,
  raised: readonly (readonly [tag: string, atLeast: number])[],
): Promise<void> {
  let writes = raised.map(([tag, atLeast]) => generationWrite(db, tag, atLeast));
  await bringToKv<CacheGenerations>({
    // After a failed write it may be raised twice, which readers do not notice: D1 does not say if the write was made.
    read: async () => {
      const results = await db.batch<CacheGenerationRow>([...writes, generationsQuery(db)]);
      writes = [];
      const rows = results.at(-1)?.results ?? [];
      const value = Object.fromEntries(rows.map(({ tag, generation }) => [tag, generation]));
      return { value, version: JSON.stringify(value) };
    },
    write: (generations) => writeCacheGenerations(kv, generations),
    sleep,
    random,
    failureEvent: 'cache.generations_write_failed',
  });
}
