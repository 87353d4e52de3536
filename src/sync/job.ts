/** The form of a job: when it runs, its work, and the effects that follow each run. `jobs.ts` lists all jobs. */
import type { SendNotice } from '../alerts/send-notice.ts';
import type { BackupSealing } from '../backups/write-source.ts';
import type { CachePurge } from '../cache/cache-purge.ts';
import type { Rooms } from '../chat/rooms.ts';
import type { Ledgers } from '../investing/ledger-client.ts';
import type { CallCounts } from '../observability/call-counts.ts';
import { log } from '../observability/log.ts';
import type { WorkOrigin } from '../observability/running-work.ts';
import type { ReportUrls } from '../reports/report-urls.ts';
import type { AlertChannel } from '../settings/alert-settings.ts';
import type { AlertThresholds } from '../settings/alert-thresholds.ts';
import type { SyncOutcome } from '../storage/d1/sync-runs.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import type { MainApi } from '../upstream/main-api.ts';
import type { RefusedValue } from '../upstream/parse-records.ts';
import type { PlatformFiles } from '../upstream/platform-files.ts';
import type { PriceApi } from '../upstream/price-api.ts';
import type { RunLease } from './run-lease.ts';

export interface JobDefinition {
  /** Unique. Run records, leases and `/health` show it. */
  name: string;
  schedule: Schedule;
  /**
   * A run that died blocks the next one for this long. It is longer than any step of a run, and each step renews it
   * (`run-lease.ts`).
   */
  leaseSeconds: number;
  /** Jobs whose runs tell this one how far upstream was read, if they skipped no record. */
  continues?: readonly string[];
  /** Cached answers with this tag are invalidated after a run that wrote something. */
  cacheTag?: string;
  /** Start when the run has ended, whatever its outcome. */
  effects?: readonly JobEffect[];
  /** A rejection is a run that failed before it wrote anything; `JobReport.failure` reports a later one. */
  run(deps: JobDeps, run: JobRun): Promise<JobReport>;
}

export interface JobEffect {
  /** The log event of a run that rejects. */
  failureEvent: string;
  run(deps: JobDeps, result: JobResult): Promise<void>;
}

export interface Schedule {
  /** Also in each environment of wrangler.toml. */
  cron: string;
  intervalSeconds: number;
}

// A parser of cron expressions would add 33 kB to the Worker for these five lines.
export const everyMinute: Schedule = { cron: '* * * * *', intervalSeconds: 60 };
export const everyFiveMinutes: Schedule = { cron: '*/5 * * * *', intervalSeconds: 300 };
export const everyQuarter: Schedule = { cron: '*/15 * * * *', intervalSeconds: 900 };
export const everyHour: Schedule = { cron: '0 * * * *', intervalSeconds: 3_600 };
export const everyNight: Schedule = { cron: '0 0 * * *', intervalSeconds: 86_400 };

export interface JobDeps {
  db: D1Database;
  pricesKv: KVNamespace;
  cacheKv: KVNamespace;
  sessionsKv: KVNamespace;
  storage: Pick<R2Bucket, 'createMultipartUpload' | 'delete' | 'get' | 'head' | 'list' | 'put'>;
  /** Null if there is no key: backups are then without what is secret. */
  backupSealing: BackupSealing | null;
  mainApi: MainApi;
  priceApi: PriceApi;
  platformFiles: PlatformFiles;
  ledgers: Ledgers;
  rooms: Rooms;
  /** Null for a picture that is not one of the gateway's files. */
  shownAvatarUrl(userId: string, stored: string | null): string | null;
  /** The latest prices that the price feed has sent to subscribers. May never settle. */
  feedPrices(): Promise<PriceRecord[]>;
  /** Makes the sale feed read the changes that are pending in D1. May never settle. */
  notifySaleFeed(): Promise<void>;
  /** Tells hubs of sessions that have ended. */
  notifyEnded(sessionIds: readonly string[]): Promise<void>;
  /** Where notices are sent to: `receiversOf` says which of them receive one. */
  alertChannels: readonly AlertChannel[];
  alertThresholds: AlertThresholds;
  /** Where people read runbooks; undefined where nobody has said it. */
  runbooksUrl: string | undefined;
  /** Seconds between two runs, by job. */
  jobIntervals: Readonly<Record<string, number>>;
  /** Never rejects. */
  sendNotice: SendNotice;
  /** Asks the monitor outside of the platform, if there is one. */
  askHeartbeat(): Promise<void>;
  reports: { environment: string; urls: Pick<ReportUrls, 'signed'> };
  purge: CachePurge;
  /** The platform's; left out where no spans are made. */
  tracing?: WorkOrigin['tracing'];
  /** Counts a run in metrics. @param calls of its work, without its effects */
  countRun(result: JobResult, calls: CallCounts): void;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  random(): number;
  randomId(): string;
}

export interface JobRun {
  /** Unix seconds. */
  startedAt: number;
  /** The greatest `updated_at` that a run has seen, of the runs that skipped no record; null before the first. */
  newestUpdatedAt: number | null;
  /** All of the run's writes to D1 go through it. */
  lease: RunLease;
}

export interface JobCounts {
  read: number;
  written: number;
  /** Records that were left out, or of which a required value was refused and the stored one kept. */
  skipped: number;
  /** The reason why the run is partial or failed; null if it is complete. */
  firstError: string | null;
}

export interface JobReport extends JobCounts {
  newestUpdatedAt?: number | null;
  /** The error that ended the job early. The counts are of the work before it. */
  failure?: unknown;
}

export interface JobResult extends JobCounts {
  job: string;
  /** `skipped`: another run of this job holds the lease. */
  outcome: SyncOutcome | 'skipped';
  /** Unix seconds. */
  startedAt: number;
  durationMs: number;
}

export const errorText = (error: unknown) => (error instanceof Error ? error.message : String(error));

export const nothingDone = (): JobCounts => ({ read: 0, written: 0, skipped: 0, firstError: null });

/** The first value that was refused, as text for a run record; null if there is none. */
export function firstError(refused: readonly RefusedValue[]): string | null {
  const first = refused[0];
  if (first === undefined) return null;
  return `record ${first.id === undefined ? `at ${first.index}` : JSON.stringify(first.id)}: ${first.reason}`;
}

const REFUSED_PER_LOG_LINE = 50;
/** Workers Logs keeps 256 KB of one invocation. */
const REFUSED_LOGGED_MAX = 500;

/** Names every refused value: the run record has room for the first alone. */
export function logRefused(job: string, refused: readonly RefusedValue[]): void {
  const logged = refused.slice(0, REFUSED_LOGGED_MAX);
  for (let start = 0; start < logged.length; start += REFUSED_PER_LOG_LINE) {
    log.warn('sync.values_refused', {
      job,
      count: refused.length,
      values: JSON.stringify(logged.slice(start, start + REFUSED_PER_LOG_LINE)),
    });
  }
}
