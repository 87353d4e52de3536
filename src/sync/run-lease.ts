/**
 * The lease of a running job. A run renews it with each step, so that it outlives every run that still works; and a run
 * that was silent for longer than its lease writes nothing any more, because a newer run may have written.
 */
import { LEASE_LOST_MESSAGE, leaseRenewal } from '../storage/d1/sync-runs.ts';

export interface RunLease {
  /**
   * Writes in one batch, and renews the lease. Without statements it only does the latter.
   *
   * @returns the results of the statements.
   * @throws LeaseLostError if another run has taken the lease: nothing is written.
   */
  write(statements: readonly D1PreparedStatement[]): Promise<D1Result[]>;
  /** For a step that writes nothing, such as an upstream call: renews the lease if a third of its time has passed. */
  keep(): Promise<void>;
}

class LeaseLostError extends Error {
  constructor(job: string, options: ErrorOptions) {
    super(`another run of ${job} has taken the lease`, options);
    this.name = 'LeaseLostError';
  }
}

export interface LeaseOptions {
  db: D1Database;
  run: { id: string; job: string };
  seconds: number;
  nowMs(): number;
}

/** For a run that has just taken the lease. */
export function holdLease({ db, run, seconds, nowMs }: LeaseOptions): RunLease {
  let renewedAtMs = nowMs();

  async function write(statements: readonly D1PreparedStatement[]): Promise<D1Result[]> {
    renewedAtMs = nowMs();
    const leaseExpiresAt = Math.floor(renewedAtMs / 1000) + seconds;
    try {
      const [, ...results] = await db.batch([leaseRenewal(db, { ...run, leaseExpiresAt }), ...statements]);
      return results;
    } catch (cause) {
      const isLost = cause instanceof Error && cause.message.includes(LEASE_LOST_MESSAGE);
      throw isLost ? new LeaseLostError(run.job, { cause }) : cause;
    }
  }

  return {
    write,
    async keep() {
      const elapsedMs = nowMs() - renewedAtMs;
      // A clock may be set back.
      if (elapsedMs < 0 || elapsedMs >= (seconds * 1000) / 3) await write([]);
    },
  };
}
