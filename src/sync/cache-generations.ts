/**
 * Tells the response caches what a sync has changed: the generation of a changed tag grows, in D1 where it is decided
 * and then in the one KV value that isolates read; later, Workers' own cache drops the answers that carry the tag.
 *
 * An invalidation that is lost delays a change by no more than the lifetime of the answers.
 */
import pLimit from 'p-limit';
import { raiseGenerations } from '../cache/raise-generations.ts';
import { errorFields, log } from '../observability/log.ts';
import { kvPauseMs } from '../storage/kv/bring-to-kv.ts';
import type { JobDeps } from './job.ts';

/**
 * KV may show a change a minute late, and isolates look every 15 s. After an earlier purge they would fill the cache
 * with the old answers, which then stay for all of their lifetime.
 */
export const PURGE_DELAY_MS = 75_000;

/** These answers live one minute and change every minute: purges would only keep the cache empty. */
const NEVER_PURGED: ReadonlySet<string> = new Set(['prices']);

type InvalidationDeps = Pick<JobDeps, 'db' | 'cacheKv' | 'sleep' | 'random' | 'purge'>;

/**
 * The invalidations of one cron event. While a purge waits, a later change takes its tags over and waits anew: one
 * event purges at most once in `PURGE_DELAY_MS`. At most four events with purges begin in one minute (at midnight),
 * and the platform takes five purges a minute.
 */
export class CacheInvalidation {
  readonly #deps: InvalidationDeps;
  readonly #writeInTurn = pLimit(1);
  #hasWritten = false;
  #nextWrite: Promise<void> | undefined;
  /** The tags that the next write raises, each with `startedAt`. */
  readonly #unwritten = new Map<string, number>();
  readonly #unpurged = new Set<string>();
  #changes = 0;

  constructor(deps: InvalidationDeps) {
    this.#deps = deps;
  }

  /**
   * Never rejects. Resolves after the purge, or once a later change has taken it over.
   *
   * @param startedAt Unix seconds, when the run that changed the tag began: the price snapshot has the same number.
   */
  async invalidate(tag: string, startedAt: number): Promise<void> {
    const { sleep, purge } = this.#deps;
    let tags = [tag];
    try {
      this.#unwritten.set(tag, startedAt);
      this.#nextWrite ??= this.#writeInTurn(() => this.#writeAll());
      await this.#nextWrite;
      if (purge === undefined || NEVER_PURGED.has(tag)) return;
      this.#unpurged.add(tag);
      this.#changes += 1;
      const change = this.#changes;
      await sleep(PURGE_DELAY_MS);
      if (change !== this.#changes) return;
      tags = [...this.#unpurged];
      this.#unpurged.clear();
      const { success, errors } = await purge(tags);
      if (!success) log.warn('cache.purge_refused', { tags: tags.join(' '), reason: errors[0]?.message });
    } catch (error) {
      log.error('cache.not_invalidated', { tags: tags.join(' '), ...errorFields(error) });
    }
  }

  /** One write for all tags that wait, and a pause before a second one: KV takes one write a second for a key. */
  async #writeAll(): Promise<void> {
    const { db, cacheKv, sleep, random } = this.#deps;
    if (this.#hasWritten) await sleep(kvPauseMs(random));
    this.#hasWritten = true;
    this.#nextWrite = undefined;
    const raised = [...this.#unwritten];
    this.#unwritten.clear();
    await raiseGenerations({ db, kv: cacheKv, sleep, random }, raised);
  }
}
