/** What the syncs bring to KV, as often as they are configured: the price snapshot, and which tags have changed. */
import { CACHE_GENERATIONS_KEY, PRICE_SNAPSHOT_KEY } from '../../src/storage/kv/keys.ts';
import { JOBS, jobsOfCron } from '../../src/sync/jobs.ts';

/** A run takes this long until KV has what it brings. Assumed. */
const RUN_MS = 2_000;
/** As `CacheInvalidation` has it. */
const NEVER_PURGED = 'prices';
const MINUTE_MS = 60_000;

export class SyncedTags {
  readonly #cacheKv: KVNamespace;
  readonly #pricesKv: KVNamespace;
  readonly #generations: Record<string, number> = {};
  /** The next minute whose jobs run. */
  dueAtMs = 0;

  constructor(cacheKv: KVNamespace, pricesKv: KVNamespace) {
    this.#cacheKv = cacheKv;
    this.#pricesKv = pricesKv;
  }

  /** Every job once, before anything is counted. */
  async all(nowMs: number): Promise<void> {
    await this.#run(['* * * * *', '*/5 * * * *', '*/15 * * * *', '0 * * * *'], nowMs);
    this.dueAtMs = nowMs - (nowMs % MINUTE_MS) + MINUTE_MS + RUN_MS;
  }

  /** The jobs that are due: each expression is one run, with one put of the generations. @returns what is purged. */
  async next(): Promise<string[]> {
    const atMs = this.dueAtMs;
    const seconds = Math.floor((atMs - RUN_MS) / 1000);
    const crons = JOBS.map(({ schedule }) => schedule)
      .filter(({ intervalSeconds }) => seconds % intervalSeconds === 0)
      .map(({ cron }) => cron);
    const tags = await this.#run([...new Set(crons)], atMs - RUN_MS);
    this.dueAtMs += MINUTE_MS;
    return tags.filter((tag) => tag !== NEVER_PURGED);
  }

  async #run(crons: readonly string[], startedAtMs: number): Promise<string[]> {
    const startedAt = Math.floor(startedAtMs / 1000);
    const all: string[] = [];
    for (const cron of crons) {
      const tags = jobsOfCron(cron).flatMap(({ cacheTag = [] }) => cacheTag);
      if (tags.length === 0) continue;
      if (tags.includes('prices')) {
        await this.#pricesKv.put(
          PRICE_SNAPSHOT_KEY,
          JSON.stringify({ asOf: startedAt, rates: {}, prices: {} }),
        );
      }
      for (const tag of tags) {
        this.#generations[tag] = Math.max((this.#generations[tag] ?? 0) + 1, startedAt);
      }
      await this.#cacheKv.put(CACHE_GENERATIONS_KEY, JSON.stringify(this.#generations));
      all.push(...tags);
    }
    return all;
  }
}

/** Runs what was due before `untilMs`, each at its own time. */
export async function applySyncs(
  syncs: SyncedTags,
  untilMs: number,
  at: (atMs: number, purgedTags: string[]) => void,
): Promise<void> {
  while (syncs.dueAtMs <= untilMs) {
    const { dueAtMs } = syncs;
    at(dueAtMs, []);
    at(dueAtMs, await syncs.next());
  }
}
