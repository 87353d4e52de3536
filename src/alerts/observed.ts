/** What a look at D1 has found. A part is null if it could not be read; undefined if this look did not ask for it. */
import type { Flush } from '../storage/d1/flushes.ts';
import type { NoticeFacts, PoolFacts, SizeFacts } from './facts.ts';

export interface Observed {
  flushes: NewFlushes | null;
  /** Every job of the build. */
  jobs: readonly ObservedJob[] | null;
  /** Ledgers with calls that they have yet to make. */
  outboxes: readonly ObservedOutbox[] | null;
  notices: readonly NoticeFacts[] | null;
  accounts: ObservedAccounts | null;
  /** Of the last hours. */
  payments: readonly HourOfPayments[] | null;
  pools?: readonly PoolFacts[] | null;
  sizes?: readonly SizeFacts[] | null;
  forecastDollars?: number | null;
  hasCacheInFront: boolean;
}

/** Those after the last look's. */
export interface NewFlushes {
  rows: readonly Flush[];
  /** The next look goes on behind it. */
  lastFlushId: number;
}

export interface ObservedOutbox {
  poolId: string;
  /** When the oldest one was recorded, in Unix seconds. */
  since: number;
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

export interface ObservedAccounts {
  /** Since the last look. */
  opened: number;
  /** The place of the newest one, from which the next look goes on. */
  lastRowId: number;
}

/** Payments of one hour, by the time of the decision: each look sees the sums so far. */
export interface HourOfPayments {
  /** Unix hours. */
  hour: number;
  confirmed: number;
  failed: number;
}
