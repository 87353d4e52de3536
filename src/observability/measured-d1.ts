import type { CallCounts } from './call-counts.ts';
import type { IsolateCalls } from './isolate-calls.ts';
import { inSpan } from './running-work.ts';

/** A statement of the database that `measuredD1` gives. */
class MeasuredStatement {
  readonly statement: D1PreparedStatement;
  readonly #calls: IsolateCalls;

  constructor(statement: D1PreparedStatement, calls: IsolateCalls) {
    this.statement = statement;
    this.#calls = calls;
  }

  bind(...values: unknown[]): MeasuredStatement {
    return new MeasuredStatement(this.statement.bind(...values), this.#calls);
  }

  all(): Promise<D1Result> {
    return roundTrip(this.#calls, 1, () => this.statement.all(), countRows);
  }

  run(): Promise<D1Result> {
    return roundTrip(this.#calls, 1, () => this.statement.run(), countRows);
  }

  /** D1's own asks for all rows too, and does not say how many were read. */
  async first(column?: string): Promise<unknown> {
    const [row] = (await this.all()).results as Record<string, unknown>[];
    if (row === undefined) return null;
    if (column === undefined) return row;
    const value = row[column];
    if (value === undefined) throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`);
    return value;
  }

  raw(): never {
    return notCounted('raw');
  }
}

/**
 * The same database, whose queries, rows and durations are counted. `raw`, `exec` and `dump` throw: D1 does not say which
 * rows they read or wrote.
 */
export function measuredD1(db: D1Database, calls: IsolateCalls): D1Database {
  const measured = {
    ...measuredSession(db, calls),
    withSession: (constraint?: string) => {
      const session = db.withSession(constraint);
      return { ...measuredSession(session, calls), getBookmark: () => session.getBookmark() };
    },
    exec: () => notCounted('exec'),
    dump: () => notCounted('dump'),
  };
  return measured as unknown as D1Database;
}

const measuredSession = (db: Pick<D1Database, 'prepare' | 'batch'>, calls: IsolateCalls) => ({
  prepare: (sql: string) => new MeasuredStatement(db.prepare(sql), calls),
  batch(statements: readonly MeasuredStatement[]): Promise<D1Result[]> {
    const own = statements.map(({ statement }) => statement);
    return roundTrip(
      calls,
      own.length,
      () => db.batch(own),
      (counts, results) => {
        for (const result of results) countRows(counts, result);
      },
    );
  },
});

async function roundTrip<Result>(
  calls: IsolateCalls,
  queries: number,
  run: () => Promise<Result>,
  count: (counts: CallCounts, result: Result) => void,
): Promise<Result> {
  calls.counts.d1Queries += queries;
  const startedAtMs = calls.nowMs();
  try {
    const result = await inSpan('d1', run);
    count(calls.counts, result);
    return result;
  } finally {
    calls.addD1(calls.nowMs() - startedAtMs);
  }
}

function countRows(counts: CallCounts, { meta }: D1Result): void {
  counts.d1RowsRead += meta.rows_read;
  counts.d1RowsWritten += meta.rows_written;
}

function notCounted(method: string): never {
  throw new Error(`the rows of \`${method}\` have no count: use \`all\`, \`run\` or \`batch\``);
}
