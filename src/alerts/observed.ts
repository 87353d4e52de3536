/** What a look at D1 has found. A part is null if it could not be read; undefined if this look did not ask for it. */
import type { Flush } from '../storage/d1/flushes.ts';
import type { NoticeFacts, OutboxFacts, PoolFacts, SizeFacts } from './facts.ts';

export interface Observed {
  /** Those after the last look's. */
  flushes: readonly Flush[] | null;
  /** Every job of the build. */
  jobs: readonly ObservedJob[] | null;
  outboxes: readonly OutboxFacts[] | null;
  notices: readonly NoticeFacts[] | null;
  accounts: ObservedAccounts | null;
  /** Of the last hours. */
  payments: readonly HourOfPayments[] | null;
  pools?: readonly PoolFacts[] | null;
  sizes?: readonly SizeFacts[] | null;
  forecastDollars?: number | null;
  hasCacheInFront: boolean;
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
  /** The place of the newest one, from which the next look goes on; null if there is none. */
  lastRowId: number | null;
}

/** Payments of one hour, by the time of the decision: each look sees the sums so far. */
export interface HourOfPayments {
  /** Unix hours. */
  hour: number;
  confirmed: number;
  failed: number;
}
