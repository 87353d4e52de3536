/** The R2 keys of reports, and their dates, which are `YYYY-MM-DD` in UTC. */
import { REPORTS_KEPT_DAYS } from '../config.ts';

const PREFIX = 'reports/';
const KEY = /^reports\/(\d{4}-\d{2}-\d{2})\.json$/;
const DAY_SECONDS = 86_400;
/** Those of a week. */
const EXPIRED_KEYS_MAX = 14;

export type ReportForm = 'html' | 'json';

/** A report is whole if it has the object of `json`, which is written last. */
export const reportKey = (date: string, form: ReportForm): string => `${PREFIX}${date}.${form}`;

export const reportDate = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** True for a day of the calendar. */
export function isReportDate(text: string): boolean {
  const timeMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(timeMs) && reportDate(timeMs / 1000) === text;
}

/** When the day begins, in Unix seconds. */
export const dayStart = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;
/** When the next day begins. */
export const dayEnd = (date: string): number => dayStart(date) + DAY_SECONDS;

export interface StoredReports {
  /** The date of the newest whole report of a day that has ended; null if there is none. */
  newest: string | null;
  /** The keys of reports that are older than reports are kept, a few at most: a clock that jumps ahead must not delete all. */
  expiredKeys: string[];
}

/** Reads the names of all reports: those that are kept are fewer than one page of R2 has. */
export async function storedReports(
  bucket: Pick<R2Bucket, 'list'>,
  nowSeconds: number,
): Promise<StoredReports> {
  const { objects } = await bucket.list({ prefix: PREFIX });
  const keptFrom = `${PREFIX}${reportDate(nowSeconds - REPORTS_KEPT_DAYS * DAY_SECONDS)}`;
  const today = reportDate(nowSeconds);
  const keys = objects.map(({ key }) => key).sort();
  const ended = keys.flatMap((key) => KEY.exec(key)?.[1] ?? []).filter((date) => date < today);
  const expiredKeys = keys.filter((key) => key < keptFrom).slice(0, EXPIRED_KEYS_MAX);
  return { newest: ended.at(-1) ?? null, expiredKeys };
}
