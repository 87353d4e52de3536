/**
 * Brings a ledger's rows to D1.
 *
 * Guaranteed: a mark leaves the ledger after D1 has its row. One batch at a time: the next one has all that has changed
 * meanwhile (group commit), so a busy ledger writes few batches with many rows. New figures hide that D1 was restored, so the
 * batch that writes them looks at the old ones first.
 */
import { LEDGER_D1_TIMEOUT_MS, LEDGER_FLUSH_RETRY_MAX_MS, LEDGER_FLUSH_RETRY_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { type LedgerRows, ledgerWrites, shownRevisionRead } from '../storage/d1/ledger-rows.ts';
import { GroupedRuns } from './grouped-runs.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerStorage, Projection } from './ledger-types.ts';

/** The most rows of each kind. A batch with 1,000 investments has 0.7 MB. */
const ROWS_PER_BATCH = 500;

export interface FlushSources {
  ledger: Pick<Ledger, 'projection' | 'projected' | 'projectAnew' | 'head'>;
  sql: LedgerStorage['sql'];
  db: D1Database;
  nowMs(): number;
  /** Pools or investments have changed in D1. */
  notify(): void;
}

export class ProjectionFlush {
  readonly #sources: FlushSources;
  readonly #runs = new GroupedRuns(() => this.#run());
  #failures = 0;
  /** The number of the last batch; null if it has to be read. */
  #number: number | null = null;
  /** For the log. */
  #poolId: string | undefined;

  constructor(sources: FlushSources) {
    this.#sources = sources;
    sources.sql.exec(
      'CREATE TABLE IF NOT EXISTS flush (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL)',
    );
  }

  get isRunning(): boolean {
    return this.#runs.isRunning;
  }

  /** The pause after failures before the next try. */
  get pauseMs(): number {
    if (this.#failures === 0) return 0;
    return Math.min(LEDGER_FLUSH_RETRY_MAX_MS, LEDGER_FLUSH_RETRY_MS * 2 ** (this.#failures - 1));
  }

  /** Resolves when D1 has all that has changed until now, or has failed. Never rejects. */
  run(): Promise<void> {
    return this.#runs.run();
  }

  async #run(): Promise<void> {
    try {
      for (let isMoreLeft = true; isMoreLeft; ) {
        const projection = this.#sources.ledger.projection(ROWS_PER_BATCH);
        const isAnew = await this.#write(projection);
        isMoreLeft = isAnew || listsOf(projection).some((rows) => rows.length >= ROWS_PER_BATCH);
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      log.warn('investing.flush_failed', {
        pool: this.#poolId,
        failures: this.#failures,
        ...errorFields(error),
      });
    }
  }

  /** @returns true if D1 was restored, and gets every row again */
  async #write(projection: Projection): Promise<boolean> {
    const { ledger, db, nowMs, notify } = this.#sources;
    if (isEmpty(projection)) return false;
    const poolId = ledger.head()?.pool;
    this.#poolId = poolId;
    if (poolId === undefined) throw new Error('a ledger without an entry has rows');
    const batch = { poolId, number: this.#nextNumber(), nowSeconds: Math.floor(nowMs() / 1000) };
    const looks = projection.figures === null ? [] : [shownRevisionRead(db, poolId)];
    const results = await answerWithin(LEDGER_D1_TIMEOUT_MS, 'database', () =>
      db.batch<{ revision: number }>([...looks, ...ledgerWrites(db, batch, projection)]),
    );
    const shown = looks.length === 0 ? undefined : results[0]?.results[0];
    const isAnew = shown !== undefined && ledger.projectAnew(shown.revision);
    ledger.projected(projection);
    if (projection.figures !== null || projection.investments.length > 0) notify();
    return isAnew;
  }

  #nextNumber(): number {
    const { sql } = this.#sources;
    this.#number ??= sql.exec<{ number: number }>('SELECT number FROM flush').toArray()[0]?.number ?? 0;
    this.#number += 1;
    sql.exec('INSERT OR REPLACE INTO flush (id, number) VALUES (1, ?)', this.#number);
    return this.#number;
  }
}

const listsOf = ({ figures: _, ...lists }: LedgerRows) => Object.values(lists);

const isEmpty = (rows: LedgerRows) =>
  rows.figures === null && listsOf(rows).every(({ length }) => length === 0);
