/** Reads requests by hour and by day in pages of bounded size: a week of hours may have tens of megabytes. */
import type { MetricsCell } from '../../observability/request-metrics.ts';
import { cellsOfRow, type RollupRow, rollupColumns } from './request-rollups.ts';

const HOURS_A_DAY = 24;
/** Bytes of cells in one page. Its last row may exceed them. */
export const ROLLUP_PAGE_BYTES = 1_000_000;
const PAGE_ROWS = 1_000;

/** `bytesSoFar` are those of the page's cells up to this row. */
export type PagedRow = RollupRow & { bytesSoFar: number };

export interface RollupFilter {
  /** Unix hours: `[fromHour, toHour)`. */
  fromHour: number;
  toHour: number;
  byHour: boolean;
  operationId: string | undefined;
}

/** ?1 to ?4 are hours or days, ?5 the operation, ?6 and ?7 the last row of the page before. */
const pageSql = (period: 'hour' | 'day', condition: string) => `SELECT period, operationId, cells,
    bytes_before + octet_length(cells) AS bytesSoFar FROM (
    SELECT ${rollupColumns(period)},
      sum(octet_length(cells)) OVER (ORDER BY ${period}, operation_id) - octet_length(cells) AS bytes_before
    FROM request_${period}
    WHERE ${period} >= ?1 AND ${period} < ?2 AND (${period}, operation_id) > (?6, ?7)
      AND (?5 IS NULL OR operation_id = ?5) AND (${condition})
    ORDER BY ${period}, operation_id LIMIT ${PAGE_ROWS})
  WHERE bytes_before < ${ROLLUP_PAGE_BYTES} ORDER BY period, operationId`;

const HOURS_SQL = pageSql('hour', 'NOT (hour >= ?3 AND hour < ?4)');
const DAYS_SQL = pageSql(
  'day',
  `(day >= ?3 AND day < ?4) OR NOT EXISTS (SELECT 1 FROM request_hour
     WHERE hour >= request_day.day * ${HOURS_A_DAY} AND hour < (request_day.day + 1) * ${HOURS_A_DAY})`,
);

/**
 * Whole days are read by day, and the hours of other days by hour while they are kept.
 *
 * @param read answers one query.
 */
export async function* eachRolledUpCell(
  db: D1Database,
  { fromHour, toHour, byHour, operationId }: RollupFilter,
  read: (statement: D1PreparedStatement) => Promise<PagedRow[]>,
): AsyncGenerator<MetricsCell> {
  const wholeFrom = Math.ceil(fromHour / HOURS_A_DAY);
  const wholeTo = byHour ? wholeFrom : Math.max(wholeFrom, Math.floor(toHour / HOURS_A_DAY));
  const [firstDay, endDay] = [Math.floor(fromHour / HOURS_A_DAY), Math.ceil(toHour / HOURS_A_DAY)];
  const tables = [
    { sql: HOURS_SQL, hours: 1, bounds: [fromHour, toHour, wholeFrom * HOURS_A_DAY, wholeTo * HOURS_A_DAY] },
    { sql: DAYS_SQL, hours: HOURS_A_DAY, bounds: [firstDay, endDay, wholeFrom, wholeTo] },
  ] as const;
  for (const { sql, hours, bounds } of tables) {
    const page = db.prepare(sql);
    let after = [bounds[0] - 1, ''];
    for (;;) {
      const rows = await read(page.bind(...bounds, operationId ?? null, ...after));
      for (const row of rows) yield* cellsOfRow(row, hours);
      const last = rows.at(-1);
      if (last === undefined || (rows.length < PAGE_ROWS && last.bytesSoFar < ROLLUP_PAGE_BYTES)) break;
      after = [last.period, last.operationId];
    }
  }
}
