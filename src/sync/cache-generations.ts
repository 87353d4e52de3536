/**
 * Tells the response caches what a sync has changed: the generations of the tags whose rows differ grow, in D1 where
 * they are decided and then in the one KV value that isolates read; and Workers' own cache drops what carries the tags.
 *
 * What is lost on the way is bounded: no answer lives longer than its policy says.
 */
import { errorFields, log } from '../observability/log.ts';
import {
  type CacheGenerationRow,
  generationsQuery,
  generationWrite,
} from '../storage/d1/cache-generations.ts';
import { bringToKv } from '../storage/kv/bring-to-kv.ts';
import { type CacheGenerations, writeCacheGenerations } from '../storage/kv/cache-generations.ts';
import type { JobResult } from './run-job.ts';
import { JOB_CACHE_TAGS } from './schedule.ts';

export interface CacheInvalidationDeps {
  db: D1Database;
  kv: KVNamespace;
  sleep: (ms: number) => Promise<void>;
  /** Of Workers' own cache; undefined where the platform offers none. */
  purge(tags: string[]): Promise<CachePurgeResult | undefined>;
}

/**
 * KV may show a change a minute late, and isolates look every 15 s: what is purged sooner they fill again with the old
 * answers, which then stay for all of their lifetime.
 */
export const PURGE_DELAY_MS = 75_000;

/** What lives a minute in front, and changes every minute: purging it would only keep the cache empty. */
const NEVER_PURGED: ReadonlySet<string> = new Set(['prices']);

/** Never throws. One purge for all that the jobs changed: the platform takes five a minute. */
export async function invalidateCaches(
  results: readonly JobResult[],
  deps: CacheInvalidationDeps,
): Promise<void> {
  const changed = changedTags(results);
  if (changed.size === 0) return;
  try {
    await bringGenerationsToKv(changed, deps);
    const tags = [...changed.keys()].filter((tag) => !NEVER_PURGED.has(tag));
    const purged = tags.length === 0 ? undefined : await deps.purge(tags);
    if (purged?.success === false) {
      log.warn('cache.purge_refused', { tags: tags.join(' '), reason: purged.errors[0]?.message });
    }
  } catch (error) {
    log.error('cache.not_invalidated', { tags: [...changed.keys()].join(' '), ...errorFields(error) });
  }
}

/** By tag, when the run that changed it began: the price snapshot says that of itself as well. */
function changedTags(results: readonly JobResult[]): Map<string, number> {
  const changed = new Map<string, number>();
  for (const { job, written, startedAt } of results) {
    const tag = JOB_CACHE_TAGS[job];
    if (tag !== undefined && written > 0) changed.set(tag, Math.max(changed.get(tag) ?? 0, startedAt));
  }
  return changed;
}

function bringGenerationsToKv(
  changed: ReadonlyMap<string, number>,
  { db, kv, sleep }: CacheInvalidationDeps,
): Promise<void> {
  let writes = [...changed].map(([tag, startedAt]) => generationWrite(db, tag, startedAt));
  return bringToKv<CacheGenerations>({
    // Twice is no more than once to whoever compares: D1 does not say whether a write that failed was made.
    read: async () => {
      const value = await generationsAfter(db, writes);
      writes = [];
      return { value, version: JSON.stringify(value) };
    },
    write: (generations) => writeCacheGenerations(kv, generations),
    sleep,
    failureEvent: 'cache.generations_write_failed',
  });
}

async function generationsAfter(db: D1Database, writes: D1PreparedStatement[]): Promise<CacheGenerations> {
  const results = await db.batch([...writes, generationsQuery(db)]);
  const rows = (results.at(-1)?.results ?? []) as CacheGenerationRow[];
  return Object.fromEntries(rows.map(({ tag, generation }) => [tag, generation]));
}
