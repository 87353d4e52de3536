/**
 * Requests of a time, from flushes, hours and days together: a request that reached the Worker counts once, added up or
 * not. An isolate's last minute is missing until it writes it.
 */
import { MergedCells } from '../../observability/merged-cells.ts';
import type { MetricsCell } from '../../observability/request-metrics.ts';
import { eachFlush } from './flushes.ts';
import { readUnmoved } from './read-unmoved.ts';
import { cellsOfRow, type RollupRow, rollupColumns } from './request-rollups.ts';

const HOURS_A_DAY = 24;
const HOUR_SECONDS = 3_600;

export interface MetricsFilter {
  /** Unix seconds. Every hour counts whole of which a part lies in `[from, to)`; so does a day whose hours have expired. */
  from: number;
  to: number;
  operationId?: string | undefined;
  client?: string | undefined;
  /** By default, cells are of whole days, and `hour` is the first hour of the day. */
  byHour?: boolean;
  /** Drops names that nobody asks for, so that fewer cells are held. By default, cells stay as they are. */
  simplified?: (cell: MetricsCell) => MetricsCell;
}

/** Rows of so many hours are read at once: those of a month would take tens of megabytes. */
const HOURS_A_READ = 7 * HOURS_A_DAY;

/** The hours of all days that have requests. */
const BOUNDS_SQL = `SELECT coalesce(min(day), 0) * ${HOURS_A_DAY} AS first,
  (coalesce(max(day), -1) + 1) * ${HOURS_A_DAY} AS end FROM request_day`;

/** Without two cells of the same requests. */
export async function readMetrics(db: D1Database, filter: MetricsFilter): Promise<MetricsCell[]> {
  const { from, to, byHour = false, operationId, client, simplified = (cell) => cell } = filter;
  const [fromHour, toHour] = [Math.floor(from / HOUR_SECONDS), Math.ceil(to / HOUR_SECONDS)];
  const isAsked = (cell: MetricsCell) =>
    (operationId === undefined || cell.operationId === operationId) &&
    (client === undefined || cell.client === client);
  return readUnmoved(db, async (lastFlushId, readBatch) => {
    const merged = new MergedCells();
    const take = (cell: MetricsCell) => {
      const hour = byHour ? cell.hour : Math.floor(cell.hour / HOURS_A_DAY) * HOURS_A_DAY;
      if (isAsked(cell)) merged.add(simplified({ ...cell, hour }));
    };
    for await (const { requests } of eachFlush(db, lastFlushId)) {
      for (const cell of requests) if (cell.hour >= fromHour && cell.hour < toHour) take(cell);
    }
    const [bounds] = await readBatch([db.prepare(BOUNDS_SQL)]);
    const kept = bounds?.results[0] as { first: number; end: number } | undefined;
    if (kept === undefined) throw new Error('D1 told no days of requests');
    for (const part of parts(Math.max(fromHour, kept.first), Math.min(toHour, kept.end))) {
      const [hours, days] = await readBatch(rollupReads(db, { ...part, byHour, operationId }));
      for (const row of (hours?.results ?? []) as RollupRow[]) cellsOfRow(row, 1).forEach(take);
      for (const row of (days?.results ?? []) as RollupRow[]) cellsOfRow(row, HOURS_A_DAY).forEach(take);
    }
    return merged.cells();
  });
}

/** No day is in two of them. */
function parts(fromHour: number, toHour: number): Pick<Hours, 'fromHour' | 'toHour'>[] {
  const found = [];
  for (let begin = fromHour; begin < toHour; ) {
    const end = Math.min(toHour, (Math.floor(begin / HOURS_A_READ) + 1) * HOURS_A_READ);
    found.push({ fromHour: begin, toHour: end });
    begin = end;
  }
  return found;
}

interface Hours {
  fromHour: number;
  toHour: number;
  byHour: boolean;
  operationId: string | undefined;
}

/** Whole days are read by day, and the hours of other days by hour while they are kept. */
function rollupReads(db: D1Database, { fromHour, toHour, byHour, operationId }: Hours) {
  const firstDay = Math.floor(fromHour / HOURS_A_DAY);
  const endDay = Math.ceil(toHour / HOURS_A_DAY);
  const wholeFrom = Math.ceil(fromHour / HOURS_A_DAY);
  const wholeTo = byHour ? wholeFrom : Math.max(wholeFrom, Math.floor(toHour / HOURS_A_DAY));
  const isAsked = '(?5 IS NULL OR operation_id = ?5)';
  return [
    db
      .prepare(
        `SELECT ${rollupColumns('hour')} FROM request_hour
         WHERE hour >= ?1 AND hour < ?2 AND NOT (hour >= ?3 AND hour < ?4) AND ${isAsked}`,
      )
      .bind(fromHour, toHour, wholeFrom * HOURS_A_DAY, wholeTo * HOURS_A_DAY, operationId ?? null),
    db
      .prepare(
        `SELECT ${rollupColumns('day')} FROM request_day
         WHERE day >= ?1 AND day < ?2 AND ${isAsked} AND ((day >= ?3 AND day < ?4) OR NOT EXISTS (
           SELECT 1 FROM request_hour
           WHERE hour >= request_day.day * ${HOURS_A_DAY} AND hour < (request_day.day + 1) * ${HOURS_A_DAY}))`,
      )
      .bind(firstDay, endDay, wholeFrom, wholeTo, operationId ?? null),
  ];
}
