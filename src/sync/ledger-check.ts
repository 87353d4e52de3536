/**
 * Checks every ledger each night: the ledger compares itself with D1, calls of the main API that have waited for long are
 * noticed, and the last entry of each ledger goes to R2 and to the log.
 */
import pLimit from 'p-limit';
import type { LedgerHead } from '../investing/pool-ledger.ts';
import { log } from '../observability/log.ts';
import { type PoolWithLedger, poolsWithLedgers } from '../storage/d1/ido-pools.ts';
import { noticeWrites } from '../storage/d1/ledger-notices.ts';
import { writeLedgerHeads } from '../storage/r2/ledger-heads.ts';
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
const CALL_WAITS_MAX_SECONDS = 3_600;

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
  report.read = pools.length;
  logNotices(await lease.write(noticeWrites(db, pools.flatMap(waitingCalls(startedAt)), startedAt)));

  const heads = await pLimit(LEDGERS_AT_ONCE).map(pools, async ({ id }): Promise<LedgerHead | null> => {
    await lease.keep();
    try {
      const ledger = ledgers.ofPool(id);
      await ledger.compare();
      return await ledger.head();
    } catch (error) {
      report.skipped += 1;
      report.firstError ??= errorText(error);
      return null;
    }
  });
  const known = heads.filter((head) => head !== null);
  if (known.length === 0) return report;
  for (const head of known) log.info('investing.ledger_head', { ...head });
  try {
    await writeLedgerHeads(storage, known, nowMs());
    report.written = known.length;
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

const waitingCalls =
  (nowSeconds: number) =>
  ({ id, ledger_outbox_since: since }: PoolWithLedger) => {
    if (since === null || nowSeconds - since <= CALL_WAITS_MAX_SECONDS) return [];
    const detail = `A call of the main API has waited since ${new Date(since * 1000).toISOString()}.`;
    return [{ pool_id: id, kind: 'call_waits', investment_id: null, detail }];
  };
