/** Rows of counted requests in D1: written as isolates do, filled, emptied, and the cells that readers must see. */
import { env } from 'cloudflare:workers';
import type { MetricsCell } from '../../src/observability/request-metrics.ts';
import type { Flush } from '../../src/storage/d1/flushes.ts';
import { encodedCell } from '../../src/storage/d1/metrics-cells.ts';
import { appendCounts } from '../../src/storage/d1/operation-usage.ts';
import { CELL, sortedCells } from './drawn-metrics.ts';
import { mergedCells } from './merged-cells.ts';
import { TABLES } from './tables.ts';

const COUNTED = TABLES.filter((table) => /^(usage_flush|flush_day|operation_|request_)/.test(table));

export const emptyCounts = () => env.DB.batch(COUNTED.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));

/** One flush of an isolate. @param writtenAt Unix seconds */
export const appendRequests = (requests: readonly MetricsCell[], writtenAt = 0) =>
  appendCounts(env.DB, { usage: [], refusals: [], requests }, { at: writtenAt, workerVersion: '' });

/** One flush of an isolate, with what it has beside requests. */
export const appendFacts = ({ writtenAt, others, live }: Pick<Flush, 'writtenAt' | 'others' | 'live'>) => {
  const hubs = live?.hubs.map((hub) => [hub.hubId, hub.sockets, hub.operations]);
  const facts = { others, ...(live && { live: { ...live, hubs } }) };
  return appendCounts(env.DB, { usage: [], refusals: [], ...facts }, { at: writtenAt, workerVersion: '' });
};

/** Rows of the hours of one day, and as many of the day itself, each of another operation. */
export async function fillRollups({
  day,
  rows,
  cellsOfEach,
}: {
  day: number;
  rows: number;
  cellsOfEach: number;
}): Promise<void> {
  const [, , , , ...facts] = encodedCell(CELL);
  const cells = Array.from({ length: cellsOfEach }, (_, at) => ['ios', `1.${at}`, ...facts]);
  await env.DB.batch(
    ['hour', 'day'].map((period) =>
      env.DB.prepare(
        `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})
         INSERT INTO request_${period} (${period}, operation_id, cells)
         SELECT ?1 + (${period === 'hour' ? 'i % 24' : '0'}), 'operation' || i, ?2 FROM n`,
      ).bind(day * (period === 'hour' ? 24 : 1), JSON.stringify(cells)),
    ),
  );
}

export const rowsOf = async (table: string) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;

/** Cells of hours, added up by day. */
export const byDay = (cells: readonly MetricsCell[]) =>
  sortedCells(mergedCells(cells.map((cell) => ({ ...cell, hour: Math.floor(cell.hour / 24) * 24 }))));

/** Those of hours that the time between `from` and `to` touches, in Unix seconds. */
export const within = (cells: readonly MetricsCell[], from: number, to: number) =>
  cells.filter(({ hour }) => (hour + 1) * 3_600 > from && hour * 3_600 < to);
