/**
 * Hands each pool's ledger what the main API says of the pool and of the edge's own investments in it.
 *
 * A ledger gets its investments before the snapshot of its pool, and both were asked for in the other order: so it knows
 * of every investment that the snapshot counts no more. A ledger that does not take its investments gets no snapshot. What
 * a ledger did not take is asked for again by the next run; the other ledgers do not notice. The night's run also compares
 * D1 with the main API.
 */
import pLimit from 'p-limit';
import { poolKey, poolKeyOf } from '../investing/pool-key.ts';
import type { PoolLedgerCalls, PoolTerms, UpstreamInvestment } from '../investing/pool-ledger.ts';
import { poolTermsOf } from '../investing/pool-terms.ts';
import { poolsWithLedgers } from '../storage/d1/ido-pools.ts';
import { noticeWrites } from '../storage/d1/ledger-notices.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';
import type { ParsedRecords } from '../upstream/parse-records.ts';
import { sinceLastRun } from './changed-records.ts';
import { idoPoolRow } from './ido-pools.ts';
import {
  errorText,
  everyNight,
  everyQuarter,
  firstError,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  logRefused,
  nothingDone,
} from './job.ts';
import { logNotices } from './log-notices.ts';
import { upstreamDifferences } from './upstream-differences.ts';

const JOB = 'ledgers';
const FULL_JOB = `${JOB}-full`;
/** Two lists are read one after the other, each with retries. */
const OVERLAP_SECONDS = 300;
const LEDGERS_AT_ONCE = 6;
/** A ledger takes them in one transaction, while everybody else waits. */
const RECORDS_A_CALL = 500;

const shared = { leaseSeconds: 300, continues: [JOB, FULL_JOB] };

export const ledgerJobs: { changes: JobDefinition; full: JobDefinition } = {
  changes: {
    ...shared,
    name: JOB,
    schedule: everyQuarter,
    run: async (deps, run) => (await handOver(deps, run, sinceLastRun(run, OVERLAP_SECONDS))).report,
  },
  full: {
    ...shared,
    name: FULL_JOB,
    schedule: everyNight,
    run: handOverAndCompare,
  },
};

interface HandedOver {
  report: JobReport;
  /** The edge's own investments that the main API gave. */
  records: InvestmentRecord[];
  /** Ids of such investments whose records lack a required value. */
  unread: ReadonlySet<string>;
  /** Ids of the pools whose ledgers did not take everything. */
  failed: ReadonlySet<string>;
}

async function handOver(
  { db, mainApi, ledgers, nowMs }: JobDeps,
  { newestUpdatedAt, lease }: JobRun,
  sinceSeconds: number | undefined,
): Promise<HandedOver> {
  const report: JobReport = { ...nothingDone(), newestUpdatedAt };
  const failed = new Set<string>();
  // Before anybody is asked: a ledger knows by its revision what an answer surely contains.
  const revisions = new Map(
    (await poolsWithLedgers(db)).map(({ id, ledger_revision }) => [id, ledger_revision]),
  );
  if (revisions.size === 0) return { report, records: [], unread: new Set(), failed };

  const askedAtMs = nowMs();
  const pools = await mainApi.syncPools(sinceSeconds);
  await lease.keep();
  const investments = await mainApi.syncInvestments(sinceSeconds);
  for (const { updated_at } of [...pools.records, ...investments.records])
    report.newestUpdatedAt = Math.max(report.newestUpdatedAt ?? 0, updated_at);
  const records = investments.records.filter(({ id }) => poolKeyOf(id) !== null);
  const isLying = ({ id, pool_id }: InvestmentRecord) => poolKeyOf(id) !== poolKey(pool_id);
  const liar = records.find(isLying);
  if (liar !== undefined)
    report.firstError = `investment ${JSON.stringify(liar.id)} is not of the pool that made its id`;
  noteSkipped(report, pools, (id) => revisions.has(id));
  const unread = noteSkipped(report, investments, (id) => poolKeyOf(id) !== null);

  const recordsByPool = Map.groupBy(
    records.filter((record) => !isLying(record)).map(asUpstreamInvestment),
    ({ pool_id }) => pool_id,
  );
  const termsByPool = new Map<string, PoolTerms>();
  for (const pool of pools.records) {
    const askedAtRevision = revisions.get(pool.id);
    if (askedAtRevision === undefined) continue;
    termsByPool.set(pool.id, { ...poolTermsOf(idoPoolRow(pool), askedAtMs), askedAtRevision });
  }
  const concerned = [...new Set([...recordsByPool.keys(), ...termsByPool.keys()])];
  await pLimit(LEDGERS_AT_ONCE).map(concerned, async (poolId) => {
    const own = recordsByPool.get(poolId) ?? [];
    const terms = termsByPool.get(poolId);
    const size = own.length + (terms === undefined ? 0 : 1);
    report.read += size;
    await lease.keep();
    try {
      await handToLedger(ledgers.ofPool(poolId), own, terms);
      report.written += size;
    } catch (error) {
      failed.add(poolId);
      report.skipped += size;
      report.firstError ??= errorText(error);
    }
  });
  return { report, records, unread, failed };
}

async function handToLedger(
  ledger: PoolLedgerCalls,
  records: readonly UpstreamInvestment[],
  terms: PoolTerms | undefined,
): Promise<void> {
  // A pool that is cancelled sells nothing any more, and its investments have failed for that reason.
  const isCancelled = terms?.status === 'cancelled';
  if (isCancelled) await ledger.applyTerms(terms);
  for (let start = 0; start < records.length; start += RECORDS_A_CALL)
    await ledger.applyRecords(records.slice(start, start + RECORDS_A_CALL));
  if (terms !== undefined && !isCancelled) await ledger.applyTerms(terms);
}

/** Without a sequence a record is of no known version. */
const asUpstreamInvestment = (record: InvestmentRecord): UpstreamInvestment => ({
  ...record,
  sequence: record.sequence ?? 0,
});

async function handOverAndCompare(deps: JobDeps, run: JobRun): Promise<JobReport> {
  const { report, records, unread, failed } = await handOver(deps, run, undefined);
  try {
    const differences = await upstreamDifferences(deps.db, {
      records,
      askedAt: run.startedAt,
      isComparable: ({ id, pool_id }) => !unread.has(id) && !failed.has(pool_id),
    });
    logNotices(await run.lease.write(noticeWrites(deps.db, differences, run.startedAt)));
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

/** Records that a ledger would get but for a value that was refused. Returns their ids. */
function noteSkipped(
  report: JobReport,
  { skipped, refused = [] }: ParsedRecords<{ id: string }>,
  isOfLedger: (id: string) => boolean,
): Set<string> {
  const concerns = (id: string | undefined) => id === undefined || isOfLedger(id);
  const missing = skipped.filter(({ rest }) => concerns(rest?.id));
  const relevant = refused.filter(({ id }) => concerns(id));
  logRefused(JOB, relevant);
  report.read += missing.length;
  report.skipped += missing.length;
  report.firstError ??= firstError(relevant);
  return new Set(missing.flatMap(({ rest }) => rest?.id ?? []));
}
