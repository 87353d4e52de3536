/**
 * The cost of counted requests and jobs: counted calls times the published prices, and the forecast of a month.
 *
 * Costs of operations and days are list prices. They leave out the plan's own price and what it includes, because the
 * included units belong to the account and not to one operation. Only the forecast is a bill.
 *
 * Nothing of these is counted by the gateway, so no cost has them: answers of caches in front (Workers' own cache bills
 * each as a request), stored bytes, rows and working time of Durable Objects, transformations of pictures, e-mails,
 * queries of Analytics Engine, and the invocations of crons (some 56,000 requests a month: two cents). An operation of a
 * socket counts as a request, though only a twentieth of its message is billed.
 */
import { JOB_PREFIX, type MetricsCell } from '../observability/request-metrics.ts';
import { type Bill, billOf, listPriceOf, UNITS, type Use } from './prices.ts';
import { cpuMsOf, kindOf } from './request-cpu.ts';

/** The facts of a cell that cost money. */
export type PricedCell = Pick<MetricsCell, 'operationId' | 'outcome' | 'cache' | 'count' | 'bytes' | 'calls'>;
export type PricedHourCell = PricedCell & Pick<MetricsCell, 'hour'>;

export interface Cost {
  use: Use;
  /** By list prices. */
  dollars: Bill;
}

export interface OperationCost extends Cost {
  operationId: string;
  count: number;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/** The forecast takes the rest of the month to be like the last days. A week has each day of the week. */
const FORECAST_DAYS = 7;

export function costOf(cells: readonly PricedCell[]): Cost {
  const use = cells.map(useOf).reduce(addUse, {});
  return { use, dollars: listPriceOf(use) };
}

/** The dearest operation first. Routes and jobs have entries of their own. */
export function costByOperation(cells: readonly PricedCell[]): OperationCost[] {
  return [...Map.groupBy(cells, ({ operationId }) => operationId)]
    .map(([operationId, ofOperation]) => ({
      operationId,
      count: ofOperation.reduce((sum, { count }) => sum + count, 0),
      ...costOf(ofOperation),
    }))
    .sort((one, other) => other.dollars.total - one.dollars.total || other.count - one.count);
}

/** By day in UTC, as `2026-11-26`, the first one first. */
export function costByDay(cells: readonly PricedHourCell[]): ({ day: string } & Cost)[] {
  return [...Map.groupBy(cells, ({ hour }) => dayOf(hour))]
    .map(([day, ofDay]) => ({ day, ...costOf(ofDay) }))
    .sort((one, other) => (one.day < other.day ? -1 : 1));
}

export interface MonthForecast {
  bill: Bill;
  use: Use;
  /** The days whose mean the rest of the month is taken to be like: fewer than seven where the counts are younger. */
  daysOfMean: number;
}

/** The first moment, in Unix seconds, whose cells `forecastMonth` needs. */
export const forecastReadsFrom = (nowSeconds: number): number =>
  Math.min(monthOf(nowSeconds).beginSeconds, startOfHour(nowSeconds) - FORECAST_DAYS * DAY_SECONDS);

/**
 * The bill of the calendar month (UTC): its units so far, and for the rest of it the mean of the last seven days.
 *
 * @param cells those since `forecastReadsFrom`; later ones than `nowSeconds` are taken to be of this hour
 */
export function forecastMonth(cells: readonly PricedHourCell[], nowSeconds: number): MonthForecast {
  const { beginSeconds, endSeconds } = monthOf(nowSeconds);
  const recentFrom = startOfHour(nowSeconds) - FORECAST_DAYS * DAY_SECONDS;
  const since = (seconds: number) => cells.filter(({ hour }) => hour * HOUR_SECONDS >= seconds);
  const recent = since(recentFrom);
  const countedFrom = recent.reduce(
    (first, { hour }) => Math.min(first, hour * HOUR_SECONDS),
    startOfHour(nowSeconds),
  );
  // The first minutes of the first hour must not be taken for a month's rate.
  const recentSeconds = Math.max(HOUR_SECONDS, nowSeconds - countedFrom);
  const share = (endSeconds - nowSeconds) / recentSeconds;
  const use = addUse(costOf(since(beginSeconds)).use, timesUse(costOf(recent).use, share));
  return { bill: billOf(use), use, daysOfMean: recentSeconds / DAY_SECONDS };
}

function useOf(cell: PricedCell): Use {
  const { calls } = cell;
  const isJob = cell.operationId.startsWith(JOB_PREFIX);
  return {
    workerRequests: isJob ? 0 : cell.count,
    workerCpuMs: isJob ? 0 : cpuMsOf(kindOf(cell.outcome, cell.cache), cell.count, cell.bytes),
    analyticsPoints: isJob ? 0 : cell.count,
    d1RowsRead: calls.d1RowsRead,
    d1RowsWritten: calls.d1RowsWritten,
    kvReads: calls.kvReads,
    kvWrites: calls.kvWrites,
    objectRequests: calls.objectCalls,
    r2Reads: calls.r2Reads,
    r2Writes: calls.r2Writes,
  };
}

const addUse = (one: Use, other: Use): Use =>
  Object.fromEntries(UNITS.map((unit) => [unit, (one[unit] ?? 0) + (other[unit] ?? 0)]));

const timesUse = (use: Use, factor: number): Use =>
  Object.fromEntries(UNITS.map((unit) => [unit, (use[unit] ?? 0) * factor]));

const startOfHour = (seconds: number) => seconds - (seconds % HOUR_SECONDS);
const dayOf = (hour: number) => new Date(hour * HOUR_SECONDS * 1000).toISOString().slice(0, 10);

function monthOf(nowSeconds: number): { beginSeconds: number; endSeconds: number } {
  const now = new Date(nowSeconds * 1000);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { beginSeconds: Date.UTC(year, month) / 1000, endSeconds: Date.UTC(year, month + 1) / 1000 };
}
