/**
 * Asks the main API each hour for the rights of users who were active in the last day, and once a day for those of others who wait
 * for a decision about their documents: such a decision counts in days. A check that fails changes nothing; after a dozen failures in a
 * row the main API counts as down.
 */
import pLimit from 'p-limit';
import { RIGHTS_CHECKS_PER_RUN } from '../config.ts';
import { rightsWrite, usersToCheck } from '../storage/d1/user-rights.ts';
import { DAY_SECONDS } from './candle-plan.ts';
import {
  errorText,
  everyHour,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  nothingDone,
} from './job.ts';

/** The platform allows 6 connections. */
const CHECKS_AT_ONCE = 6;
const CHECKS_PER_WRITE = 60;
const FAILURES_IN_A_ROW_MAX = 12;

export const userRightsJob: JobDefinition = {
  name: 'user-rights',
  schedule: everyHour,
  leaseSeconds: 300,
  run: checkRights,
};

async function checkRights(
  { db, mainApi, nowMs, random }: JobDeps,
  { startedAt, lease }: JobRun,
): Promise<JobReport> {
  const report: JobReport = nothingDone();
  let failuresInARow = 0;

  async function check(userId: string): Promise<D1PreparedStatement | null> {
    if (failuresInARow >= FAILURES_IN_A_ROW_MAX) return null;
    await lease.keep();
    const askedAt = Math.floor(nowMs() / 1000);
    report.read += 1;
    try {
      const answer = await mainApi.userStats(userId);
      failuresInARow = 0;
      return rightsWrite(db, userId, answer, askedAt);
    } catch (error) {
      failuresInARow += 1;
      report.skipped += 1;
      report.firstError ??= errorText(error);
      return null;
    }
  }

  try {
    const aDayAgo = startedAt - DAY_SECONDS;
    const users = await usersToCheck(db, {
      activeSince: aDayAgo,
      checkedBefore: aDayAgo,
      limit: RIGHTS_CHECKS_PER_RUN,
    });
    // Users whose checks always fail stay the oldest: together they must not look like a main API that is down.
    const inAnyOrder = shuffled(users, random);
    for (let start = 0; start < inAnyOrder.length; start += CHECKS_PER_WRITE) {
      const chunk = inAnyOrder.slice(start, start + CHECKS_PER_WRITE);
      const checked = await pLimit(CHECKS_AT_ONCE).map(chunk, check);
      const writes = checked.filter((write) => write !== null);
      if (writes.length === 0) continue;
      for (const { results } of await lease.write(writes)) report.written += results.length;
    }
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
