/**
 * The night's job: what is missing of each synced symbol's price history, then its indicators.
 *
 * A symbol whose history fails costs itself alone; after a dozen failures in a row the price API counts as
 * down and is left alone. Candles are stored as they arrive, so a run that ends early has kept what it read.
 * A day or an hour that has not ended has no close and is left out.
 */
import pLimit from 'p-limit';
import {
  type CandleIntervalCode,
  type CandleRow,
  candleCoverage,
  candleWrites,
  dailyCloses,
} from '../storage/d1/candles.ts';
import { writtenRows } from '../storage/d1/columns.ts';
import { hourlyClosesWrites } from '../storage/d1/hourly-closes.ts';
import { indicatorWrites } from '../storage/d1/indicators.ts';
import type { IndicatorsRecord } from '../storage/kv/prices.ts';
import type { PriceApi } from '../upstream/price-api.ts';
import { DAY_SECONDS, type HistoryRequest, historyRequests } from './candle-plan.ts';
import { firstError } from './first-error.ts';
import { computeIndicators, INDICATOR_DAYS } from './indicators.ts';
import type { JobReport, JobRun } from './run-job.ts';

export interface DailyCandlesDeps {
  db: D1Database;
  priceApi: PriceApi;
}

const UPSTREAM_CALLS_AT_ONCE = 6;
const FAILURES_IN_A_ROW_MAX = 12;
/** Held in memory between two writes: about 1 MB of JSON. */
const CANDLES_PER_WRITE = 12_000;
/** Symbols whose closes are read in one query: about 2 MB of JSON. */
const SYMBOLS_PER_READ = 300;
const INTERVAL_SECONDS = { '1h': 3_600, '1d': DAY_SECONDS } as const;

export async function syncDailyCandles(deps: DailyCandlesDeps, run: JobRun): Promise<JobReport> {
  const coverage = await candleCoverage(deps.db, run.startedAt - (run.startedAt % 3_600) - DAY_SECONDS);
  const requests = coverage.flatMap((held) => historyRequests(held, run.startedAt));
  const report = await copyHistory(deps, requests, run.startedAt);
  const symbols = coverage.map(({ symbol }) => symbol);
  report.written += await writeIndicators(deps.db, symbols, run.startedAt);
  return report;
}

async function copyHistory(
  { db, priceApi }: DailyCandlesDeps,
  requests: readonly HistoryRequest[],
  nowSeconds: number,
): Promise<JobReport> {
  const report: JobReport = { read: 0, written: 0, skipped: 0, firstError: null };
  const pending: Record<CandleIntervalCode, CandleRow[]> = { '1d': [], '1h': [] };
  let failuresInARow = 0;
  let firstFailure: unknown = null;
  let succeeded = 0;

  async function write(interval: CandleIntervalCode) {
    const candles = pending[interval];
    if (candles.length === 0) return;
    pending[interval] = [];
    const writes = candleWrites(db, interval, candles);
    const closes = interval === '1h' ? hourlyClosesWrites(db, candles) : [];
    const results = await db.batch([...writes, ...closes]);
    report.written += results.slice(0, writes.length).reduce((sum, { meta }) => sum + meta.changes, 0);
  }

  async function copy({ symbol, interval, period }: HistoryRequest) {
    if (failuresInARow >= FAILURES_IN_A_ROW_MAX) return;
    const answer = await priceApi.history(symbol, period, interval).catch((error: unknown) => ({ error }));
    if ('error' in answer) {
      failuresInARow += 1;
      firstFailure ??= answer.error;
      report.firstError ??= `history of ${JSON.stringify(symbol)}: ${errorText(answer.error)}`;
      return;
    }
    failuresInARow = 0;
    succeeded += 1;
    report.read += answer.records.length + answer.skipped.length;
    report.skipped += answer.skipped.length;
    const refused = firstError(answer.skipped);
    if (refused !== null) report.firstError ??= `history of ${JSON.stringify(symbol)}: ${refused}`;
    const finished = answer.records.filter(({ time }) => time + INTERVAL_SECONDS[interval] <= nowSeconds);
    pending[interval].push(...finished.map((candle) => ({ symbol, ...candle })));
    if (pending[interval].length >= CANDLES_PER_WRITE) await write(interval);
  }

  await pLimit(UPSTREAM_CALLS_AT_ONCE).map(requests, copy);
  await write('1d');
  await write('1h');
  if (requests.length > 0 && succeeded === 0) throw firstFailure;
  return report;
}

async function writeIndicators(
  db: D1Database,
  symbols: readonly string[],
  nowSeconds: number,
): Promise<number> {
  const indicators = new Map<string, IndicatorsRecord>();
  for (let start = 0; start < symbols.length; start += SYMBOLS_PER_READ) {
    const chunk = symbols.slice(start, start + SYMBOLS_PER_READ);
    const closes = await dailyCloses(db, chunk, nowSeconds - INDICATOR_DAYS * DAY_SECONDS);
    for (const [symbol, values] of closes) {
      if (values.length > 0) indicators.set(symbol, computeIndicators(values));
    }
  }
  const statements = indicatorWrites(db, indicators, nowSeconds);
  return statements.length === 0 ? 0 : writtenRows(await db.batch(statements));
}

const errorText = (error: unknown) => (error instanceof Error ? error.message : String(error));
