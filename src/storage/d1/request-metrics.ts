/**
 * Requests of a time, from flushes, hours and days together: a request that reached the Worker counts once, added up or
 * not. An isolate's last minute is missing until it writes it.
 */
import { MergedCells } from '../../observability/merged-cells.ts';
import type { MetricsCell } from '../../observability/request-metrics.ts';
import { eachFlush } from './flushes.ts';
import { readUnmoved } from './read-unmoved.ts';
import { eachRolledUpCell, type PagedRow } from './rollup-pages.ts';

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
  /** Beyond it, the read rejects with `TooManyCellsError`: a cell takes about a kilobyte of memory. */
  cellsMax?: number;
}

export class TooManyCellsError extends Error {
  override name = 'TooManyCellsError';
}

/** Without two cells of the same requests. */
export async function readMetrics(db: D1Database, filter: MetricsFilter): Promise<MetricsCell[]> {
  const { from, to, byHour = false, operationId, client, cellsMax = Number.POSITIVE_INFINITY } = filter;
  const { simplified = (cell) => cell } = filter;
  const [fromHour, toHour] = [Math.floor(from / HOUR_SECONDS), Math.ceil(to / HOUR_SECONDS)];
  const isAsked = (cell: MetricsCell) =>
    (operationId === undefined || cell.operationId === operationId) &&
    (client === undefined || cell.client === client);
  return readUnmoved(db, async (lastFlushId, readBatch) => {
    const merged = new MergedCells();
    const take = (cell: MetricsCell) => {
      const hour = byHour ? cell.hour : Math.floor(cell.hour / HOURS_A_DAY) * HOURS_A_DAY;
      if (!isAsked(cell)) return;
      merged.add(simplified({ ...cell, hour }));
      if (merged.size > cellsMax) throw new TooManyCellsError(`requests have more than ${cellsMax} cells`);
    };
    for await (const { requests } of eachFlush(db, lastFlushId)) {
      for (const cell of requests) if (cell.hour >= fromHour && cell.hour < toHour) take(cell);
    }
    const rows = eachRolledUpCell(db, { fromHour, toHour, byHour, operationId }, async (statement) => {
      const [page] = await readBatch([statement]);
      return (page?.results ?? []) as PagedRow[];
    });
    for await (const cell of rows) take(cell);
    return merged.cells();
  });
}
