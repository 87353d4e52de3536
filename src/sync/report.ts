/**
 * Makes the report of the day that has ended, and of the nights before it that failed, and tells the channels. A report that is
 * there is not made again.
 */
import { receiversOf } from '../alerts/receivers.ts';
import { REPORT_WAITS_SECONDS, REPORTS_MADE_LATE_MAX_DAYS } from '../config.ts';
import type { ReportNotice } from '../observability/notice.ts';
import { headlines } from '../reports/headlines.ts';
import { makeReport } from '../reports/make-report.ts';
import { dayEnd, dayStart, reportDate, storedReports } from '../reports/report-keys.ts';
import { notificationInserts } from '../storage/d1/notifications.ts';
import { DAY_SECONDS } from './candle-plan.ts';
import {
  everyNight,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  nothingDone,
} from './job.ts';

export const reportJob: JobDefinition = {
  name: 'report',
  schedule: everyNight,
  leaseSeconds: 300,
  run: makeReports,
};

async function makeReports(deps: JobDeps, { startedAt, lease }: JobRun): Promise<JobReport> {
  const { db, storage, alertChannels, nowMs, sleep } = deps;
  const { environment, urls } = deps.reports;
  const report: JobReport = nothingDone();
  try {
    const { newest, expiredKeys } = await storedReports(storage, startedAt);
    const sinceMidnight = startedAt - dayStart(reportDate(startedAt));
    if (sinceMidnight < REPORT_WAITS_SECONDS) await sleep((REPORT_WAITS_SECONDS - sinceMidnight) * 1000);
    for (const date of missingDates(newest, startedAt)) {
      await lease.keep();
      const madeAt = Math.floor(nowMs() / 1000);
      await makeReport({ db, storage, environment }, date, {
        madeAt,
        async announce(made) {
          const id = `report:${date}`;
          const notice: ReportNotice = {
            id,
            kind: 'report',
            date,
            url: urls.signed(date, madeAt),
            lines: headlines(made),
          };
          const receivers = receiversOf(alertChannels, notice);
          await lease.write(notificationInserts(db, notice, receivers, madeAt));
        },
      });
      report.written += 1;
    }
    if (expiredKeys.length > 0) await storage.delete(expiredKeys);
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

/** The days after the newest report up to yesterday, oldest first; yesterday alone if there was no report before. */
function missingDates(newest: string | null, nowSeconds: number): string[] {
  const today = dayStart(reportDate(nowSeconds));
  const oldest = today - (newest === null ? 1 : REPORTS_MADE_LATE_MAX_DAYS) * DAY_SECONDS;
  const first = newest === null ? oldest : Math.max(oldest, dayEnd(newest));
  const days = Math.max(0, (today - first) / DAY_SECONDS);
  return Array.from({ length: days }, (_, day) => reportDate(first + day * DAY_SECONDS));
}
