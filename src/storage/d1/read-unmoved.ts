import { EMPTY_COUNTS } from './flushes.ts';

/** A fold takes a second, and the cleanup makes a few each hour. */
const ATTEMPTS = 6;

const PENDING_SQL = `SELECT count(*) AS flushes, coalesce(max(flush_id), 0) AS lastFlushId,
  (SELECT coalesce(min(hour), 0) FROM request_hour) AS firstHour
  FROM usage_flush WHERE flush_id <= ?1 AND counts <> '${EMPTY_COUNTS}'`;

interface Pending {
  flushes: number;
  lastFlushId: number;
  /** Changes when hours expire. */
  firstHour: number;
}

/**
 * Reads flushes up to one, and rows that flushes are added up to, as they were at one time. The flushes are too many for
 * one read, so it is done again where a fold has moved them meanwhile, or hours have expired: they would count twice, or
 * not at all.
 *
 * @param read reads flushes first, and then all rows by `readBatch`, in as many calls as it takes.
 */
export async function readUnmoved<Result>(
  db: D1Database,
  read: (
    lastFlushId: number,
    readBatch: (statements: D1PreparedStatement[]) => Promise<D1Result<unknown>[]>,
  ) => Promise<Result>,
): Promise<Result> {
  const pending = db.prepare(PENDING_SQL);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await pending.bind(Number.MAX_SAFE_INTEGER).first<Pending>();
    if (before === null) throw new Error('D1 counted no flushes');
    let isMoved = false;
    const result = await read(before.lastFlushId, async (statements) => {
      const [after, ...rows] = await db.batch([pending.bind(before.lastFlushId), ...statements]);
      const { flushes, firstHour } = (after?.results[0] ?? {}) as Partial<Pending>;
      isMoved ||= flushes !== before.flushes || firstHour !== before.firstHour;
      return rows;
    });
    if (!isMoved) return result;
  }
  throw new Error('counts were added up each time that they were read');
}
