/**
 * Reads the facts of the rules from D1. A part that cannot be read is null and reported, and keeps no other one from being read.
 *
 * A look reads new rows alone: the flushes since the last one, and a few rows of each other table. Parts that cost more are
 * read once an hour.
 */
import { readForecast } from '../metrics/read-forecast.ts';
import { newestFlushId, readFlushes } from '../storage/d1/flushes.ts';
import { greatestObjects } from '../storage/d1/object-sizes.ts';
import { latestEndedRuns } from '../storage/d1/sync-runs.ts';
import {
  accountsOpened,
  participationOfSales,
  recentDisagreements,
  recentPayments,
  waitingLedgers,
} from '../storage/d1/watched-business.ts';
import type { AlertState } from './alert-state.ts';
import type { SizeFacts } from './facts.ts';
import { FlushSum } from './flush-sum.ts';
import type { NewFlushes, Observed } from './observed.ts';
import { HOUR_SECONDS } from './watched-time.ts';

/** The platform's limit for a database of D1, and for the storage of one Durable Object. */
const DATABASE_MAX_BYTES = 10e9;
/** Rows of one query: D1's answers are bounded. */
const FLUSHES_A_READ = 100;
/** The others are passed over: the rates of a part stand for those of all, and a look must not fall behind. */
const FLUSHES_A_LOOK = 500;
/** A day has all hours of the day. */
const FORECAST_MIN_DAYS = 1;

export interface UnreadPart {
  part: string;
  error: unknown;
}

export interface ObserveSources {
  db: D1Database;
  /** Seconds between two runs, by job. */
  jobIntervals: Readonly<Record<string, number>>;
  hasCacheInFront: boolean;
  /** Unix seconds. */
  nowSeconds: number;
}

/** Never rejects. */
export async function observe(
  state: Pick<AlertState, 'lastFlushId' | 'lastAccountRowId' | 'hourly' | 'watchedSeconds'>,
  { db, jobIntervals, hasCacheInFront, nowSeconds }: ObserveSources,
): Promise<{ observed: Observed; unread: UnreadPart[] }> {
  const unread: UnreadPart[] = [];
  const part = async <Part>(name: string, read: Promise<Part>): Promise<Part | null> => {
    try {
      return await read;
    } catch (error) {
      unread.push({ part: name, error });
      return null;
    }
  };
  const [flushes, runs, outboxes, notices, accounts, payments] = await Promise.all([
    part('flushes', newFlushes(db, state.lastFlushId, nowSeconds)),
    part('jobs', latestEndedRuns(db, Object.keys(jobIntervals), nowSeconds)),
    part('outboxes', waitingLedgers(db)),
    part('notices', recentDisagreements(db, nowSeconds)),
    part('accounts', accountsOpened(db, state.lastAccountRowId)),
    part('payments', recentPayments(db, nowSeconds)),
  ]);
  const jobs =
    runs?.runs.flatMap(({ job, ...run }) => {
      const intervalSeconds = jobIntervals[job];
      return intervalSeconds === undefined ? [] : [{ name: job, intervalSeconds, ...run }];
    }) ?? null;
  const observed: Observed = { flushes, jobs, outboxes, notices, accounts, payments, hasCacheInFront };
  if (isHourly(state)) {
    observed.pools = await part('pools', participationOfSales(db, nowSeconds));
    observed.sizes = await part('sizes', sizesOf(db, runs?.databaseBytes));
    observed.forecastDollars = await part('forecast', forecastDollars(db, nowSeconds));
  }
  return { observed, unread };
}

const isHourly = ({ hourly: { askedAt }, watchedSeconds }: Pick<AlertState, 'hourly' | 'watchedSeconds'>) =>
  askedAt === null || watchedSeconds - askedAt >= HOUR_SECONDS;

/** The first look begins with what comes after it. */
async function newFlushes(
  db: D1Database,
  lastFlushId: number | null,
  nowSeconds: number,
): Promise<NewFlushes> {
  if (lastFlushId === null) return { rows: [], read: 0, lastFlushId: await newestFlushId(db) };
  const sum = new FlushSum(nowSeconds);
  let after = lastFlushId;
  while (sum.flushes < FLUSHES_A_LOOK) {
    const page = await readFlushes(db, after, Math.min(FLUSHES_A_READ, FLUSHES_A_LOOK - sum.flushes));
    const last = page.at(-1);
    if (last === undefined) break;
    sum.add(page);
    after = last.flushId;
  }
  const found = { rows: sum.flushes === 0 ? [] : [sum.flush()], read: sum.flushes };
  if (sum.flushes > 0 && sum.flushes < FLUSHES_A_LOOK) return { ...found, lastFlushId: after };
  const newest = await newestFlushId(db);
  // A database that was restored may have older ids than the last look has seen.
  return { ...found, lastFlushId: sum.flushes === 0 ? Math.min(lastFlushId, newest) : newest };
}

async function sizesOf(db: D1Database, databaseBytes: number | undefined): Promise<SizeFacts[]> {
  const objects = await greatestObjects(db);
  const databases = databaseBytes === undefined ? [] : [{ name: 'D1', bytes: databaseBytes }];
  return [...databases, ...objects].map((size) => ({ ...size, maxBytes: DATABASE_MAX_BYTES }));
}

/** Null if too little of a month is known. */
async function forecastDollars(db: D1Database, nowSeconds: number): Promise<number | null> {
  const { bill, daysOfMean } = await readForecast(db, nowSeconds);
  return daysOfMean < FORECAST_MIN_DAYS ? null : bill.total;
}
