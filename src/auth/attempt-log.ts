/**
 * The attempts of one key, in the Durable Object that belongs to it: of an address, a user or a network.
 *
 * Guaranteed: an attempt is looked for and written in one synchronous step, so that no two attempts take the same place,
 * whatever comes at once and from wherever. A written attempt outlives the object's memory.
 */
import { BOUND_LIMIT } from '../storage/bound-limit.ts';
import { type AttemptRule, freeAtMs } from './attempt-rule.ts';

export interface Attempt {
  id: string;
  /** Attempts of one track count together. */
  track: string;
  rule: AttemptRule;
}

/** Counted, or refused and not counted. */
export type AttemptResult = { ok: true } | { ok: false; retryAfterMs: number };

export class AttemptLog {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS attempt (
        id TEXT PRIMARY KEY, track TEXT NOT NULL, at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL
      ) WITHOUT ROWID`,
    );
    sql.exec('CREATE INDEX IF NOT EXISTS attempt_by_track ON attempt (track, at_ms)');
  }

  /** Counts the attempt if its rule lets it begin. */
  begin({ id, track, rule }: Attempt, nowMs: number): AttemptResult {
    const expiresAtMs = nowMs + rule.windowMs + rule.lockMs;
    // A clock may have been set back: nothing that happened is later than now.
    this.#sql.exec(
      'UPDATE attempt SET at_ms = ?, expires_at_ms = ? WHERE track = ? AND at_ms > ?',
      nowMs,
      expiresAtMs,
      track,
      nowMs,
    );
    const newestFirst = this.#sql
      .exec<{ at_ms: number }>(
        `SELECT at_ms FROM attempt WHERE track = ? ORDER BY at_ms DESC ${BOUND_LIMIT}`,
        track,
        rule.max,
      )
      .toArray()
      .map(({ at_ms }) => at_ms);
    const retryAfterMs = freeAtMs(newestFirst, rule) - nowMs;
    if (retryAfterMs > 0) return { ok: false, retryAfterMs };
    this.#sql.exec(
      'INSERT INTO attempt (id, track, at_ms, expires_at_ms) VALUES (?, ?, ?, ?)',
      id,
      track,
      nowMs,
      expiresAtMs,
    );
    return { ok: true };
  }

  /** As if it had never begun. */
  takeBack(id: string): void {
    this.#sql.exec('DELETE FROM attempt WHERE id = ?', id);
  }

  /** Deletes attempts that no rule looks at any more. */
  deleteExpired(nowMs: number): void {
    this.#sql.exec('DELETE FROM attempt WHERE expires_at_ms <= ?', nowMs);
  }

  /** When no rule looks at any of its attempts any more, in Unix milliseconds; null if it has none. */
  get expiresAtMs(): number | null {
    return this.#sql
      .exec<{ expires: number | null }>('SELECT MAX(expires_at_ms) AS expires FROM attempt')
      .one().expires;
  }
}
