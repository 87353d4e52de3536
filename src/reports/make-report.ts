/**
 * Makes the report of a day from D1, and puts it to R2. One that is made again replaces the one before.
 *
 * The page is put first and the JSON last: a report without its JSON is not whole, and the next night makes it again.
 */
import { readForecast, withoutNames } from '../metrics/read-forecast.ts';
import { accountFigures, investmentFigures, jobFigures } from '../storage/d1/day-figures.ts';
import { readIncidents } from '../storage/d1/incidents.ts';
import { operationNames } from '../storage/d1/operations.ts';
import { readMetrics } from '../storage/d1/request-metrics.ts';
import { type DayInputs, type DayReport, reportOf } from './day-report.ts';
import { dayEnd, dayStart, reportKey } from './report-keys.ts';
import { reportPage } from './report-page.ts';

export interface ReportSources {
  db: D1Database;
  storage: Pick<R2Bucket, 'put'>;
  environment: string;
}

export interface MakeReportOptions {
  /** Unix seconds. */
  madeAt: number;
  /** Runs before the report is whole; if it rejects, the report is not. */
  announce?(report: DayReport): Promise<void>;
}

export async function makeReport(
  sources: ReportSources,
  date: string,
  { madeAt, announce }: MakeReportOptions,
): Promise<DayReport> {
  const { storage } = sources;
  const report = reportOf(await readDay(sources, date, madeAt));
  await storage.put(reportKey(date, 'html'), reportPage(report));
  await announce?.(report);
  await storage.put(reportKey(date, 'json'), JSON.stringify(report));
  return report;
}

export async function readDay(
  { db, environment }: Pick<ReportSources, 'db' | 'environment'>,
  date: string,
  madeAt: number,
): Promise<DayInputs> {
  const span = { from: dayStart(date), to: dayEnd(date) };
  // Names of all hours at once would not fit into an isolate's memory.
  const cells = await readMetrics(db, span);
  const hourCells = await readMetrics(db, { ...span, byHour: true, simplified: withoutNames });
  const names = await operationNames(db, [...new Set(cells.map(({ operationId }) => operationId))]);
  const { bill } = await readForecast(db, span.to - 1);
  return {
    date,
    environment,
    madeAt,
    cells,
    hourCells,
    operationNames: new Map(names.map(({ id, name }) => [id, name])),
    accounts: await accountFigures(db, span),
    paymentTokens: await investmentFigures(db, span),
    jobs: await jobFigures(db, span),
    incidents: await readIncidents(db, span),
    monthForecastDollars: bill.total,
  };
}
