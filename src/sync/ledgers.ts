/**
 * Hands each pool's ledger what the main API says of the pool and of the edge's own investments in it.
 *
 * A ledger gets its investments before the snapshot of its pool, and both were asked for in the other order: so it knows
 * of every investment that the snapshot counts no more. A ledger that does not take its investments gets no snapshot. What
 * a ledger did not take is asked for again by the next run; the other ledgers do not notice.
 */
import pLimit from 'p-limit';
import { poolKey, poolKeyOf } from '../investing/pool-key.ts';
import type { PoolLedgerCalls, PoolTerms, UpstreamInvestment } from '../investing/pool-ledger.ts';
import { poolTermsOf } from '../investing/pool-terms.ts';
import { poolsWithLedgers } from '../storage/d1/ido-pools.ts';
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
    run: (deps, run) => handOver(deps, run, sinceLastRun(run, OVERLAP_SECONDS)),
  },
  full: {
    ...shared,
    name: FULL_JOB,
    schedule: everyNight,
    run: (deps, run) => handOver(deps, run, undefined),
  },
};

/** What one ledger is handed. */
interface Parcel {
  records: UpstreamInvestment[];
  terms: PoolTerms | null;
}

async function handOver(
  { db, mainApi, ledgers, nowMs }: JobDeps,
  { newestUpdatedAt, lease }: JobRun,
  sinceSeconds: number | undefined,
): Promise<JobReport> {
  const report: JobReport = { ...nothingDone(), newestUpdatedAt };
  const poolIds = new Set(await poolsWithLedgers(db));
  if (poolIds.size === 0) return report;

  const askedAtMs = nowMs();
  const pools = await mainApi.syncPools(sinceSeconds);
  await lease.keep();
  const investments = await mainApi.syncInvestments(sinceSeconds);
  for (const { updated_at } of [...pools.records, ...investments.records])
    report.newestUpdatedAt = Math.max(report.newestUpdatedAt ?? 0, updated_at);

  /** By pool id. */
  const parcels = new Map<string, Parcel>();
  const parcelOf = (poolId: string): Parcel => {
    const parcel = parcels.get(poolId) ?? { records: [], terms: null };
    parcels.set(poolId, parcel);
    return parcel;
  };
  for (const pool of pools.records)
    if (poolIds.has(pool.id)) parcelOf(pool.id).terms = poolTermsOf(idoPoolRow(pool), askedAtMs);
  for (const record of investments.records) {
    const key = poolKeyOf(record.id);
    if (key === null) continue;
    if (key === poolKey(record.pool_id)) parcelOf(record.pool_id).records.push(asUpstreamInvestment(record));
    else report.firstError ??= `investment ${JSON.stringify(record.id)} is not of the pool that made its id`;
  }
  reportSkipped(report, pools, (id) => poolIds.has(id));
  reportSkipped(report, investments, (id) => poolKeyOf(id) !== null);

  await pLimit(LEDGERS_AT_ONCE).map([...parcels], async ([poolId, parcel]) => {
    const size = parcel.records.length + (parcel.terms === null ? 0 : 1);
    report.read += size;
    await lease.keep();
    try {
      await handParcel(ledgers.ofPool(poolId), parcel);
      report.written += size;
    } catch (error) {
      report.skipped += size;
      report.firstError ??= errorText(error);
    }
  });
  return report;
}

async function handParcel(ledger: PoolLedgerCalls, { records, terms }: Parcel): Promise<void> {
  for (let start = 0; start < records.length; start += RECORDS_A_CALL)
    await ledger.applyRecords(records.slice(start, start + RECORDS_A_CALL));
  if (terms !== null) await ledger.applyTerms(terms);
}

/** Without a sequence a record is of no known version. */
const asUpstreamInvestment = (record: InvestmentRecord): UpstreamInvestment => ({
  ...record,
  sequence: record.sequence ?? 0,
});

/** Records that a ledger would get but for a value that was refused. */
function reportSkipped(
  report: JobReport,
  { skipped, refused = [] }: ParsedRecords<{ id: string }>,
  isOfLedger: (id: string) => boolean,
): void {
  const concerned = (id: string | undefined) => id === undefined || isOfLedger(id);
  const count = skipped.filter(({ rest }) => concerned(rest?.id)).length;
  const relevant = refused.filter(({ id }) => concerned(id));
  logRefused(JOB, relevant);
  report.read += count;
  report.skipped += count;
  report.firstError ??= firstError(relevant);
}
