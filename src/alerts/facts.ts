/** Facts that alert rules read. A part is null if it could not be read. */
import { LatencyHistogram } from '../observability/latency-histogram.ts';
import type { DisagreementCount, PoolParticipation } from '../storage/d1/watched-business.ts';
import type { RecentSlot, Windows } from './windows.ts';

export interface Facts {
  /** With the sums of requests. */
  requests: Windows | null;
  /** The last minutes of `requests` as one. */
  recent: RecentSlot | null;
  /** With the sums of new accounts. */
  accounts: Windows | null;
  /** With the sums of payments. */
  payments: Windows | null;
  /** The time that was watched in all. */
  watchedSeconds: number;
  /** Workers' own cache answers hits before they reach the gateway. */
  hasCacheInFront: boolean;
  jobs: readonly JobFacts[] | null;
  outboxes: readonly OutboxFacts[] | null;
  /** Notices of a day that say that a ledger, D1 and the main API disagree. */
  notices: readonly DisagreementCount[] | null;
  /** Sales in their second half. */
  pools: readonly PoolParticipation[] | null;
  sizes: readonly SizeFacts[] | null;
  /** The forecast of the running month; null also if there is too little to go by. */
  forecastDollars: number | null;
}

export interface JobFacts {
  name: string;
  intervalSeconds: number;
  /** Watched time without a complete run. */
  notOkSeconds: number;
  /** The result of the latest run that has ended; null before the first. */
  outcome: 'ok' | 'partial' | 'failed' | null;
  firstError: string | null;
}

/** A ledger has something for the main API. */
export interface OutboxFacts {
  poolId: string;
  /** The waiting time of the oldest one, by watched time. */
  waitingSeconds: number;
}

export interface SizeFacts {
  name: string;
  bytes: number;
  maxBytes: number;
}

/** The percentile of a histogram, in milliseconds; 0 where nothing was counted. */
export const percentileMs = (histogram: readonly number[], share: number): number =>
  LatencyHistogram.of(histogram).percentileMs(share) ?? 0;
