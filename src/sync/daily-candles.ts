/**
 * The nightly job copies the missing part of each synced symbol's price history, then computes its indicators.
 *
 * A symbol whose history fails costs no other symbol; after a dozen failures in a row the price API counts as down and
 * is left alone. Candles are stored as they arrive, so a run that ends early keeps what it has read. A day or an hour
 * that has not ended has no close and is left out.
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
import type { RefusedValue } from '../upstream/parse-records.ts';
import { DAY_SECONDS, type HistoryRequest, historyRequests } from './candle-plan.ts';
import { computeIndicators, INDICATOR_DAYS } from './indicators.ts';
import {
  errorText,
  everyNight,
  firstError,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  logRefused,
  nothingDone,
} from './job.ts';
import type { RunLease } from './run-lease.ts';

const UPSTREAM_CALLS_AT_ONCE = 6;
const FAILURES_IN_A_ROW_MAX = 12;
/** About 1 MB of JSON. */
const CANDLES_PER_WRITE = 12_000;
/** About 2 MB of JSON. */
const SYMBOLS_PER_READ = 300;
const INTERVAL_SECONDS = { '1h': 3_600, '1d': DAY_SECONDS } as const;

export const dailyCandlesJob: JobDefinition = {
  name: 'daily-candles',
  schedule: everyNight,
  // The platform ends a scheduled run after 15 minutes.
  leaseSeconds: 1_200,
  cacheTag: 'candles',
  run: syncDailyCandles,
};

type CandleDeps = Pick<JobDeps, 'db' | 'priceApi'>;

export async function syncDailyCandles(deps: CandleDeps, run: JobRun): Promise<JobReport> {
  const report: JobReport = nothingDone();
  const refused: RefusedValue[] = [];
  const { startedAt, lease } = run;
  try {
    const coverage = await candleCoverage(deps.db, startedAt - (startedAt % 3_600) - DAY_SECONDS);
    const requests = coverage.flatMap((held) => historyRequests(held, startedAt));
    await copyHistory(deps, requests, run, report, refused);
    const symbols = coverage.map(({ symbol }) => symbol);
    report.written += await writeIndicators(deps.db, symbols, startedAt, lease);
  } catch (failure) {
    report.failure = failure;
  }
  logRefused('daily-candles', refused);
  return report;
}

/** Counts in `report` and adds to `refused` as it works, so that they also hold what came before a rejection. */
async function copyHistory(
  { db, priceApi }: CandleDeps,
  requests: readonly HistoryRequest[],
  { startedAt: nowSeconds, lease }: JobRun,
  report: JobReport,
  refused: RefusedValue[],
): Promise<void> {
  const pending: Record<CandleIntervalCode, CandleRow[]> = { '1d': [], '1h': [] };
  let failuresInARow = 0;
  let firstFailure: unknown = null;
  let succeeded = 0;
  const writeFailures: unknown[] = [];

  async function write(interval: CandleIntervalCode) {
    const candles = pending[interval];
    if (candles.length === 0) return;
    pending[interval] = [];
    const writes = candleWrites(db, interval, candles);
    const closes = interval === '1h' ? hourlyClosesWrites(db, candles) : [];
    const results = await lease.write([...writes, ...closes]);
    report.written += writtenRows(results.slice(0, writes.length));
  }

  async function copy({ symbol, interval, period }: HistoryRequest) {
    if (failuresInARow >= FAILURES_IN_A_ROW_MAX || writeFailures.length > 0) return;
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
    for (const value of answer.refused ?? []) {
      const id = `${symbol} ${value.id ?? value.index}`;
      report.firstError ??= firstError([{ ...value, id }]);
      refused.push({ ...value, id });
    }
    const finished = answer.records.filter(({ time }) => time + INTERVAL_SECONDS[interval] <= nowSeconds);
    pending[interval].push(...finished.map((candle) => ({ symbol, ...candle })));
    const step = pending[interval].length < CANDLES_PER_WRITE ? lease.keep() : write(interval);
    // A failed write ends the run only when the other copies under way have ended: their writes count too.
    await step.catch((error: unknown) => writeFailures.push(error));
  }

  await pLimit(UPSTREAM_CALLS_AT_ONCE).map(requests, copy);
  if (writeFailures.length > 0) throw writeFailures[0];
  await write('1d');
  await write('1h');
  if (requests.length > 0 && succeeded === 0) throw firstFailure;
}

async function writeIndicators(
  db: D1Database,
  symbols: readonly string[],
  nowSeconds: number,
  lease: RunLease,
): Promise<number> {
  const indicators = new Map<string, IndicatorsRecord>();
  for (let start = 0; start < symbols.length; start += SYMBOLS_PER_READ) {
    const chunk = symbols.slice(start, start + SYMBOLS_PER_READ);
    await lease.keep();
    const closes = await dailyCloses(db, chunk, nowSeconds - INDICATOR_DAYS * DAY_SECONDS);
    for (const [symbol, values] of closes) {
      if (values.length > 0) indicators.set(symbol, computeIndicators(values));
    }
  }
  const statements = indicatorWrites(db, indicators, nowSeconds);
  return statements.length === 0 ? 0 : writtenRows(await lease.write(statements));
}
