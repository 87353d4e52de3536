/**
 * Asks the main API who may take part in a pool, for a request that D1's copy would refuse: the copy may be a quarter of
 * an hour old.
 *
 * A pool is asked for at most once in `ELIGIBILITY_REFRESH_SECONDS` by an isolate, so that people who may not take part
 * do not become calls of the main API, however often they try.
 */
import { ELIGIBILITY_OVERLAP_SECONDS, ELIGIBILITY_REFRESH_SECONDS } from '../config.ts';
import { eligibilityRead, eligibilityWrites, newestEligibilityRead } from '../storage/d1/pool-eligibility.ts';
import type { MainApi } from '../upstream/main-api.ts';

interface EligibilityRefreshSources {
  db: D1Database;
  /** One that gives up promptly. */
  mainApi: Pick<MainApi, 'eligibleUsers'>;
  nowMs(): number;
}

export class EligibilityRefresh {
  readonly #sources: EligibilityRefreshSources;
  /** By pool, in milliseconds. Only pools that exist are asked for, so it stays small. */
  readonly #askedAtMs = new Map<string, number>();

  constructor(sources: EligibilityRefreshSources) {
    this.#sources = sources;
  }

  /**
   * The main API's decision about the user; null if it has not said anything. For a pool that exists and is not public.
   *
   * @throws UpstreamError if the main API gives no answer
   */
  async decision(poolId: string, userId: string): Promise<boolean | null> {
    const { db, mainApi, nowMs } = this.#sources;
    const askedAtMs = nowMs();
    const lastMs = this.#askedAtMs.get(poolId);
    const elapsedMs = lastMs === undefined ? Number.POSITIVE_INFINITY : askedAtMs - lastMs;
    // A clock may be set back.
    if (elapsedMs >= 0 && elapsedMs < ELIGIBILITY_REFRESH_SECONDS * 1000)
      return this.#stored(poolId, userId, []);

    this.#askedAtMs.set(poolId, askedAtMs);
    const newest = await newestEligibilityRead(db, poolId).first<number>('newest');
    const since = newest === null ? undefined : Math.max(0, newest - ELIGIBILITY_OVERLAP_SECONDS);
    const answer = await mainApi.eligibleUsers(poolId, since);
    const nowSeconds = Math.floor(askedAtMs / 1000);
    return this.#stored(poolId, userId, eligibilityWrites(db, poolId, answer?.records ?? [], nowSeconds));
  }

  async #stored(poolId: string, userId: string, writes: D1PreparedStatement[]): Promise<boolean | null> {
    const { db } = this.#sources;
    const results = await db.batch<{ eligible: number }>([...writes, eligibilityRead(db, poolId, userId)]);
    const eligible = results.at(-1)?.results[0]?.eligible;
    return eligible === undefined ? null : eligible === 1;
  }
}
