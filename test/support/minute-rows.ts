/** Plants the rows that isolates write each minute, as the gateway itself writes them, into a database that a test has. */
import { appendCounts } from '../../src/storage/d1/operation-usage.ts';
import { type MadeUpRequests, madeUpCell } from './made-up-cells.ts';

export interface MinuteRow {
  /** The Worker's version id. */
  workerVersion: string;
  requests: readonly MadeUpRequests[];
  /** Unix seconds. */
  writtenAt?: number;
}

export interface InsertStatement {
  sql: string;
  params: (string | number)[];
}

/** The statement that writes the row: for `DatabaseSync`, D1, or D1 over HTTP. */
export async function minuteRowInsert({
  workerVersion,
  requests,
  writtenAt = 1_764_000_000,
}: MinuteRow): Promise<InsertStatement> {
  const cells = requests.map((each) => madeUpCell(each, writtenAt));
  const written: InsertStatement = { sql: '', params: [] };
  const capturing = {
    prepare: (sql: string) => ({
      bind: (...params: (string | number)[]) => ({
        run: async () => void Object.assign(written, { sql, params }),
      }),
    }),
  };
  const counts = { usage: [], refusals: [], requests: cells };
  await appendCounts(capturing as unknown as D1Database, counts, { at: writtenAt, workerVersion });
  return written;
}
