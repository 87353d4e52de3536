/**
 * Checks every ledger each night: the ledger compares itself with D1, calls of the main API that have waited for long are
 * noticed, payments that were told of in two pools too, and the last entry of each ledger goes to R2 and to the log. A ledger must still have the entry that an earlier
 * night has kept of it.
 */
import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import type { Ledgers } from '../investing/ledger-client.ts';
import type { MeasuredLedgerHead } from '../investing/pool-ledger.ts';
import { log } from '../observability/log.ts';
import { type PoolWithLedger, poolsWithLedgers } from '../storage/d1/ido-pools.ts';
import { type FoundNotice, noticeWrites } from '../storage/d1/ledger-notices.ts';
import { type ObjectSize, objectSizeWrites } from '../storage/d1/object-sizes.ts';
import { hashesToldInTwoPools } from '../storage/d1/told-payments.ts';
import { type LedgerHeads, latestLedgerHeads, writeLedgerHeads } from '../storage/r2/ledger-heads.ts';
import {
  errorText,
  everyNight,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  nothingDone,
} from './job.ts';
import { logNotices } from './log-notices.ts';

const LEDGERS_AT_ONCE = 6;
/** Two nights: those that a night without a run has not seen are looked at by the next. */
const TOLD_SINCE_SECONDS = 2 * 86_400;
const CALL_WAITS_MAX_SECONDS = 3_600;

type KeptHead = LedgerHeads['heads'][number];

export const ledgerCheckJob: JobDefinition = {
  name: 'ledger-check',
  schedule: everyNight,
  leaseSeconds: 300,
  run: checkLedgers,
};

async function checkLedgers(
  { db, ledgers, storage, nowMs }: JobDeps,
  { startedAt, lease }: JobRun,
): Promise<JobReport> {
  const report: JobReport = nothingDone();
  const pools = await poolsWithLedgers(db);
  const earlier = await latestLedgerHeads(storage, nowMs());
  /** By pool; those of an earlier night first. */
  const heads = new Map((earlier?.heads ?? []).map((head) => [head.pool, head]));
  const notices = [
    ...pools.flatMap(waitingCalls(startedAt)),
    ...(await hashesToldInTwoPools(db, startedAt - TOLD_SINCE_SECONDS)),
  ];
  const poolIds = new Set([...pools.map(({ id }) => id), ...heads.keys()]);
  const sizes: ObjectSize[] = [];
  report.read = poolIds.size;

  await pLimit(LEDGERS_AT_ONCE).map([...poolIds], async (poolId) => {
    await lease.keep();
    try {
      const { head: measured, notice } = await checkedLedger(ledgers, poolId, heads.get(poolId));
      if (notice !== null) notices.push(notice);
      if (measured === null) return;
      const { databaseBytes, ...head } = measured;
      if (databaseBytes !== undefined)
        sizes.push({ name: `the ledger of the pool ${poolId}`, bytes: databaseBytes });
      heads.set(poolId, head);
      log.info('investing.ledger_head', { ...head });
      report.written += 1;
    } catch (error) {
      report.skipped += 1;
      report.firstError ??= errorText(error);
    }
  });
  try {
    const measured = objectSizeWrites(db, sizes, startedAt);
    const results = await lease.write([...measured, ...noticeWrites(db, notices, startedAt)]);
    logNotices(results.slice(measured.length));
    if (heads.size > 0) await writeLedgerHeads(storage, [...heads.values()], nowMs());
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

async function checkedLedger(
  ledgers: Ledgers,
  poolId: string,
  kept: KeptHead | undefined,
): Promise<{ head: MeasuredLedgerHead | null; notice: FoundNotice | null }> {
  const ledger = ledgers.ofPool(poolId);
  await ledger.compare();
  let notice: FoundNotice | null = null;
  if (kept !== undefined) {
    const line = (await ledger.exportEntries(kept.sequence - 1, 1)).trimEnd();
    if (createHash('sha256').update(line).digest('hex') !== kept.hash) {
      const detail = `Entry ${kept.sequence} is not the one that was kept: its hash was ${kept.hash}.`;
      notice = { pool_id: poolId, kind: 'entry_changed', investment_id: null, detail };
    }
  }
  return { head: await ledger.head(), notice };
}

const waitingCalls =
  (nowSeconds: number) =>
  ({ id, ledger_outbox_since: since }: PoolWithLedger): FoundNotice[] => {
    if (since === null || nowSeconds - since <= CALL_WAITS_MAX_SECONDS) return [];
    const detail = `A call of the main API has waited since ${new Date(since * 1000).toISOString()}.`;
    return [{ pool_id: id, kind: 'call_waits', investment_id: null, detail }];
  };
