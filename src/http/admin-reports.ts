/** Reports of days: a new link to one, and one that is made again. */
import { headlines } from '../reports/headlines.ts';
import { makeReport } from '../reports/make-report.ts';
import { dayEnd, isReportDate, reportKey } from '../reports/report-keys.ts';
import { AdminRefusal, badInput } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';

export async function showReportLink(date: string, { reports, nowMs }: AdminSources) {
  const nowSeconds = requireEnded(date, nowMs());
  if ((await reports.storage.head(reportKey(date, 'json'))) === null)
    throw new AdminRefusal(404, 'NOT_FOUND', `There is no report of ${date}.`);
  return { date, url: reports.urls.signed(date, nowSeconds) };
}

/** The new report replaces the one before. Channels are not told. */
export async function postReport(date: string, sources: AdminSources) {
  const { reports, db, nowMs } = sources;
  const madeAt = requireEnded(date, nowMs());
  const { storage, environment, urls } = reports;
  const report = await makeReport({ db, storage, environment }, date, { madeAt });
  return { date, url: urls.signed(date, madeAt), lines: headlines(report) };
}

/** @returns the time in Unix seconds */
function requireEnded(date: string, nowMs: number): number {
  const nowSeconds = Math.floor(nowMs / 1000);
  if (!isReportDate(date)) throw badInput('The day must be a date such as 2026-11-26.');
  if (dayEnd(date) > nowSeconds) throw badInput(`${date} has not ended.`);
  return nowSeconds;
}
