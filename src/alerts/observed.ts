/** Results of one read of D1. A part is null if it could not be read; undefined if this evaluation did not ask for it. */
import type { Flush } from '../storage/d1/flushes.ts';
import type {
  DisagreementCount,
  OpenedAccounts,
  PaymentHour,
  PoolParticipation,
  WaitingLedger,
} from '../storage/d1/watched-business.ts';
import type { SizeFacts } from './facts.ts';

export interface Observed {
  flushes: NewFlushes | null;
  /** Every job of the build. */
  jobs: readonly ObservedJob[] | null;
  /** Ledgers with calls that they have yet to make. */
  outboxes: readonly WaitingLedger[] | null;
  notices: readonly DisagreementCount[] | null;
  accounts: OpenedAccounts | null;
  /** The sums so far of the last hours, by the time of the decision. */
  payments: readonly PaymentHour[] | null;
  pools?: readonly PoolParticipation[] | null;
  sizes?: readonly SizeFacts[] | null;
  forecastDollars?: number | null;
  hasCacheInFront: boolean;
}

/** Those after the last look's. */
export interface NewFlushes {
  /** Added up as one, or none. */
  rows: readonly Flush[];
  /** Flushes that were added up. */
  read: number;
  /** The next look goes on behind it. */
  lastFlushId: number;
}

/** The latest run of a job that has ended. */
export interface ObservedJob {
  name: string;
  intervalSeconds: number;
  /** Null if none has ended, and then so is the outcome. */
  startedAt: number | null;
  outcome: 'ok' | 'partial' | 'failed' | null;
  firstError: string | null;
}
