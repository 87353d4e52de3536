/**
 * The calls of a pool's ledger: one Durable Object a pool, which alone allocates its tokens.
 *
 * All amounts are decimals in text (`schema.graphql`, `Decimal`), times are Unix seconds unless a name says milliseconds.
 * Each call may be repeated: a caller that has lost an answer asks again.
 */
import type { InvestingRejectionCode, RejectionModel } from '../auth/rejection.ts';
import type { IdoPoolStatus, IdoPoolType } from '../storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';

/** A pool as the main API last gave it: its terms, and a snapshot of what it has sold through every channel. */
export interface PoolTerms {
  id: string;
  pool_type: IdoPoolType;
  token_price: string;
  total_tokens: string;
  min_allocation: string;
  max_allocation: string | null;
  max_participants: number | null;
  payment_token: string;
  /** Null if nobody knows them: nobody can invest then. */
  payment_decimals: number | null;
  blockchain: string;
  registration_start: number | null;
  registration_end: number | null;
  sale_start: number;
  sale_end: number;
  /** As the main API gave it; the ledger lets it follow the clock. */
  status: IdoPoolStatus;
  upstream_sold_tokens: string;
  upstream_total_raised: string;
  upstream_participant_count: number;
  updated_at: number;
  /** Milliseconds: when it was asked for; 0 if nobody knows. */
  askedAtMs: number;
  /** The `ledger_revision` of D1 that was read before it was asked for; without one it contains less. */
  askedAtRevision?: number;
}

export interface LedgerRejection extends RejectionModel {
  code: InvestingRejectionCode | 'VALIDATION_FAILED';
}

export interface InvestmentAnswer {
  investment: InvestmentRow;
  /**
   * If this very call made the investment. An object of an older version leaves it out always: a new investment of it
   * counts as known, and no known one counts as new.
   */
  created?: true;
}

export type LedgerAnswer = InvestmentAnswer | LedgerRejection;

export interface InvestRequest {
  pool: PoolTerms;
  userId: string;
  /** In payment tokens. */
  amount: string;
  /** One a viewer and pool, for ever. */
  idempotencyKey: string;
  /** Why the viewer may not invest, for reasons outside of the ledger. A known key is answered all the same. */
  refusal: LedgerRejection | null;
  /** The viewer's living investments in this pool through other channels. */
  elsewhere: { amount: string; isParticipant: boolean };
  trace: CallTrace;
}

export interface RegisterRequest {
  pool: PoolTerms;
  userId: string;
  trace: CallTrace;
}

export interface SubmitRequest {
  userId: string;
  investmentId: string;
  /** Normalised for the pool's chain. */
  transactionHash: string;
  /** As in `InvestRequest`: a reservation that ran out is allocated again within the viewer's maximum. */
  elsewhere: { amount: string; isParticipant: boolean };
  trace: CallTrace;
}

export interface ClaimRequest {
  pool: PoolTerms;
  userId: string;
  /** The investment as D1 has it: one that was made elsewhere is known there alone. */
  investment: InvestmentRow;
  trace: CallTrace;
}

/** An investment of the edge's as the main API gives it; `sequence` is the highest that it has applied. */
export interface UpstreamInvestment extends InvestmentRecord {
  sequence: number;
}

export interface LedgerHead {
  pool: string;
  sequence: number;
  hash: string;
  recordedAt: number;
}

export interface MeasuredLedgerHead extends LedgerHead {
  /** The size of the ledger's storage. An object of an older build does not say it. */
  databaseBytes?: number;
}

export interface PoolLedgerCalls {
  invest(request: InvestRequest): Promise<LedgerAnswer>;
  /** Null once the viewer is on the list. */
  register(request: RegisterRequest): Promise<LedgerRejection | null>;
  submit(request: SubmitRequest): Promise<LedgerAnswer>;
  claim(request: ClaimRequest): Promise<LedgerAnswer>;
  /** A snapshot that a sync has read. */
  applyTerms(pool: PoolTerms): Promise<void>;
  /** The edge's own investments in this pool that a sync has read. */
  applyRecords(records: readonly UpstreamInvestment[]): Promise<void>;
  /**
   * Goes on with what is left: calls to the main API, rows of D1, reservations that have run out. If D1 was restored, it gets
   * every row again.
   */
  poke(): Promise<void>;
  /** Compares the ledger with itself and with D1, and notices differences. */
  compare(): Promise<void>;
  /** Null before the first entry. */
  head(): Promise<MeasuredLedgerHead | null>;
  /** Entries behind `after` as JSON by RFC 8785, each with its line break; `limit` at most. */
  exportEntries(after: number, limit: number): Promise<string>;
}
