/**
 * Requests by hour and by day, which the cleanup adds up from flushes. A request counts in both, in the batch that deletes
 * its flush.
 */
import { MergedCells } from '../../observability/merged-cells.ts';
import type { MetricsCell } from '../../observability/request-metrics.ts';
import { jsonChunks } from './json-chunks.ts';
import { encodedCell, parsedCell } from './metrics-cells.ts';
import { type CellLimits, OTHER_OPERATION, rolledUpCells } from './rolled-up-cells.ts';

const HOURS_A_DAY = 24;
const HOUR_SECONDS = 3_600;
/** Whole days, of which the current one is none. */
const REQUEST_HOURS_KEPT_DAYS = 7;

interface Rollup {
  table: 'request_hour' | 'request_day';
  period: 'hour' | 'day';
  hours: number;
  limits: CellLimits;
}

export const HOUR_CELLS: CellLimits = { cells: 5_000, cellsWithOthers: 6_000, cellsOfOperation: 500 };
export const DAY_CELLS: CellLimits = { cells: 20_000, cellsWithOthers: 22_000, cellsOfOperation: 500 };

const HOURLY: Rollup = { table: 'request_hour', period: 'hour', hours: 1, limits: HOUR_CELLS };
const DAILY: Rollup = { table: 'request_day', period: 'day', hours: HOURS_A_DAY, limits: DAY_CELLS };

/** The first hour that is kept. Hours go by whole days. */
export const firstKeptHour = (nowSeconds: number) =>
  (Math.floor(nowSeconds / (HOURS_A_DAY * HOUR_SECONDS)) - REQUEST_HOURS_KEPT_DAYS) * HOURS_A_DAY;

export const expiredHoursDelete = (db: D1Database, nowSeconds: number) =>
  db.prepare('DELETE FROM request_hour WHERE hour < ?1').bind(firstKeptHour(nowSeconds));

export interface RollupRow {
  /** Days or hours since 1970-01-01. */
  period: number;
  operationId: string;
  cells: string;
}

/** Columns of a row, named as `RollupRow`. */
export const rollupColumns = (period: 'hour' | 'day') =>
  `${period} AS period, operation_id AS operationId, cells`;

/** @param hours of a period. Cells of a day have its first hour. */
export function cellsOfRow({ period, operationId, cells }: RollupRow, hours: number): MetricsCell[] {
  const entries = JSON.parse(cells) as unknown[][];
  return entries
    .map(([client, version, ...facts]) =>
      parsedCell([operationId, client, version, period * hours, ...facts]),
    )
    .filter((cell) => cell !== null);
}

function rowOf(period: number, operationId: string, cells: readonly MetricsCell[]) {
  const entries = cells.map((cell) => {
    const [, client, version, , ...facts] = encodedCell(cell);
    return [client, version, ...facts];
  });
  return [period, operationId, entries];
}

/**
 * Writes that add requests to their hours and days. They hold what the rows are now: nothing else may write these rows
 * before them.
 *
 * @param cells by hour.
 */
export async function rollupWrites(
  db: D1Database,
  cells: readonly MetricsCell[],
  nowSeconds: number,
): Promise<D1PreparedStatement[]> {
  const keptFrom = firstKeptHour(nowSeconds);
  const hours = cells.filter(({ hour }) => hour >= keptFrom);
  return [...(await writesOf(db, HOURLY, hours)), ...(await writesOf(db, DAILY, cells))];
}

async function writesOf(
  db: D1Database,
  { table, period, hours, limits }: Rollup,
  cells: readonly MetricsCell[],
): Promise<D1PreparedStatement[]> {
  const given = Map.groupBy(mergedByPeriod(cells, hours), ({ hour }) => hour / hours);
  if (given.size === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT ${rollupColumns(period)} FROM ${table} WHERE ${period} IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify([...given.keys()]))
    .all<RollupRow>();
  const held = Map.groupBy(results, (row) => row.period);
  const rows = [...given].flatMap(([at, added]) => {
    const before = (held.get(at) ?? []).flatMap((row) => cellsOfRow(row, hours));
    const changed = new Set([...added.map(({ operationId }) => operationId), OTHER_OPERATION]);
    const after = rolledUpCells(before, added, limits).filter(({ operationId }) => changed.has(operationId));
    return [...Map.groupBy(after, ({ operationId }) => operationId)].map(([id, of]) => rowOf(at, id, of));
  });
  const upsert = db.prepare(
    `INSERT INTO ${table} (${period}, operation_id, cells)
     SELECT value ->> 0, value ->> 1, value -> 2 FROM json_each(?1) WHERE true
     ON CONFLICT (${period}, operation_id) DO UPDATE SET cells = excluded.cells`,
  );
  return jsonChunks(rows).map((chunk) => upsert.bind(chunk));
}

function mergedByPeriod(cells: readonly MetricsCell[], hours: number): MetricsCell[] {
  const merged = new MergedCells();
  for (const cell of cells) merged.add({ ...cell, hour: Math.floor(cell.hour / hours) * hours });
  return merged.cells();
}
