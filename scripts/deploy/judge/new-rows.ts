/**
 * Reads each minute row of the isolates once, from now on.
 *
 * The cleanup adds rows up when they are ten minutes old, and deletes them. Ids rise by one, so rows that it took before they
 * were read show as a gap, and are reported. After a database is restored, ids may begin again below those that were read: the rows that
 * are there count as read, because nobody knows which of them were.
 */
import { type Flush, type FlushRow, parsedFlush, WATCHED_SQL } from '../../../src/storage/d1/flushes.ts';

export interface RowSource {
  query<Row>(sql: string, params?: readonly (string | number | null)[]): Promise<Row[]>;
}

const ROWS_A_PAGE = 100;
/** The next look reads the others. */
const PAGES_A_LOOK = 50;
const NEWEST_SQL = 'SELECT coalesce(max(flush_id), 0) AS newest FROM usage_flush';

export class NewRows {
  readonly #db: RowSource;
  readonly #report: (line: string) => void;
  #lastFlushId: number | null = null;

  constructor(db: RowSource, report: (line: string) => void) {
    this.#db = db;
    this.#report = report;
  }

  /**
   * Gives each row that was written since the last time to `take`, once. The first time there is none: it finds where new rows
   * begin.
   *
   * @throws if D1 does not answer: the next time goes on with the first row that was not taken
   */
  async read(take: (row: Flush) => void): Promise<void> {
    const [{ newest = 0 } = {}] = await this.#db.query<{ newest: number }>(NEWEST_SQL);
    if (this.#lastFlushId === null) {
      this.#lastFlushId = newest;
      return;
    }
    if (newest < this.#lastFlushId) {
      this.#report(`The ids of counted requests begin anew at ${newest}: the database was restored.`);
      this.#lastFlushId = newest;
      return;
    }
    for (let page = 0; page < PAGES_A_LOOK && this.#lastFlushId < newest; page += 1) {
      const rows = await this.#db.query<FlushRow>(WATCHED_SQL, [this.#lastFlushId, ROWS_A_PAGE]);
      if (rows.length === 0) return;
      for (const row of rows) this.#take(parsedFlush(row), take);
    }
  }

  #take(row: Flush, take: (row: Flush) => void): void {
    const missed = row.flushId - (this.#lastFlushId ?? 0) - 1;
    this.#lastFlushId = row.flushId;
    if (missed > 0) this.#report(`${missed} rows of counted requests were added up before they were read.`);
    if (row.malformed > 0)
      this.#report(`Row ${row.flushId} of counted requests: ${row.malformed} malformed parts are left out.`);
    take(row);
  }
}
