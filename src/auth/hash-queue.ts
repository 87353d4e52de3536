import { PASSWORD_HASH_INTERVAL_MS, PASSWORD_HASH_WAIT_MAX_MS } from '../config.ts';
import { rateLimited } from './attempts.ts';

export interface HashQueueDeps {
  /** The clock that `sleep` runs by, `performance.now`: tests move that of dates, and no timer then fires sooner. */
  timerNowMs: () => number;
  /** By a timer of the request that waits: no request waits for a promise of another. */
  sleep: (ms: number) => Promise<void>;
}

/**
 * Spreads the password hashes of an isolate over time: the beginnings of two are `PASSWORD_HASH_INTERVAL_MS` apart, in
 * the order of their arrival. A hash blocks the isolate, so between two of them every other request is served.
 */
export class HashQueue {
  readonly #deps: HashQueueDeps;
  /** The first time that nobody has reserved. */
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #lastBeganAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: HashQueueDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when the caller may hash. A reserved time whose request ended meanwhile stays unused.
   *
   * @throws {GraphQLError} RATE_LIMITED, at once if the wait would be longer than `PASSWORD_HASH_WAIT_MAX_MS`, and later if
   * hashes take so long that it has become longer
   */
  async turn(): Promise<void> {
    const arrivedAtMs = this.#now();
    const reservedAtMs = Math.max(arrivedAtMs, this.#nextAtMs);
    if (reservedAtMs - arrivedAtMs > PASSWORD_HASH_WAIT_MAX_MS)
      throw tooManyHashes(reservedAtMs - arrivedAtMs);
    this.#nextAtMs = reservedAtMs + PASSWORD_HASH_INTERVAL_MS;
    let beginsInMs = reservedAtMs - arrivedAtMs;
    while (beginsInMs > 0) {
      await this.#deps.sleep(beginsInMs);
      // Timers fire late while another request hashes, and then several fire at once.
      const nowMs = this.#now();
      beginsInMs = this.#lastBeganAtMs + PASSWORD_HASH_INTERVAL_MS - nowMs;
      const waitMs = nowMs + Math.max(0, beginsInMs) - arrivedAtMs;
      // The last reserved time may be late too, by as much as a hash takes.
      if (waitMs > PASSWORD_HASH_WAIT_MAX_MS + PASSWORD_HASH_INTERVAL_MS) {
        throw tooManyHashes(PASSWORD_HASH_INTERVAL_MS);
      }
    }
    this.#lastBeganAtMs = this.#now();
    this.#nextAtMs = Math.max(this.#nextAtMs, this.#lastBeganAtMs + PASSWORD_HASH_INTERVAL_MS);
  }

  #now(): number {
    const nowMs = this.#deps.timerNowMs();
    // A clock may be set back.
    if (this.#lastBeganAtMs > nowMs) this.#lastBeganAtMs = Number.NEGATIVE_INFINITY;
    if (this.#nextAtMs > nowMs + PASSWORD_HASH_WAIT_MAX_MS + PASSWORD_HASH_INTERVAL_MS)
      this.#nextAtMs = nowMs;
    return nowMs;
  }
}

const tooManyHashes = (waitMs: number) =>
  rateLimited('Too many passwords are being checked: try again later.', waitMs);
