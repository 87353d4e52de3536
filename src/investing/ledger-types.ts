/** Rows that a pool's ledger hands to those who call the main API and write D1. Times are as in `pool-ledger.ts`. */
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';

/** The part of a Durable Object's storage that a ledger uses. */
export interface LedgerStorage {
  sql: Pick<SqlStorage, 'exec'>;
  /** Undoes everything that the closure has written if it throws. */
  transactionSync<Result>(closure: () => Result): Result;
}

export interface LedgerDeps {
  nowMs(): number;
  /** Of version 4. */
  randomUuid(): string;
  /** From 0 to 1, below 1: spreads repeated calls. */
  random(): number;
}

/** One call that the main API has yet to answer, under the key `<subject>:<sequence>`. */
export interface OutboxRow {
  kind: 'registration' | 'investment' | 'claim';
  /** The id of the investment, the registration or the claim. */
  subject: string;
  sequence: number;
  /** JSON, fixed when the row was recorded. */
  body: string;
  /** How often it has been sent. */
  attempts: number;
  recordedAtMs: number;
  /** Of the request that recorded it; null where the clock or a sync did. */
  trace: CallTrace | null;
}

/** The stored record with which the main API answers for an investment; null for other kinds. */
export type StoredInvestment = InvestmentRecord | null;

/** Why the main API refuses a call for good. */
export interface UpstreamRefusal {
  code: string;
  message: string;
}

export type NoticeKind =
  | 'over_allocated'
  | 'cancelled'
  | 'cap_changed'
  | 'price_changed'
  | 'times_changed'
  | 'not_confirmed'
  | 'hash_told_twice'
  | 'paid_when_over'
  | 'refused'
  | 'registration_refused'
  | 'claim_refused'
  | 'unknown_investment'
  | 'upstream_differs'
  | 'ledger_differs';

/** Told to a person. The ledger numbers its own from 1. */
export interface LedgerNotice {
  notice_id: number;
  kind: NoticeKind;
  investment_id: string | null;
  /** Names nobody. */
  detail: string;
  noticed_at: number;
}

/** The pool's columns of `ido_pool_cache` that the ledger owns. */
export interface PoolFigures {
  pool_id: string;
  sold_tokens: string;
  total_raised: string;
  participant_count: number;
  progress_percent: number;
  total_raised_real: number;
  ledger_revision: number;
  ledger_sequence: number;
  ledger_hash: string;
  ledger_recorded_at: number;
  /** When the oldest unanswered call was recorded. */
  ledger_outbox_since: number | null;
}

/** A row of `pool_member`. */
export interface MemberRow {
  user_id: string;
  registered_at: number | null;
  blocked_until: number;
  revision: number;
}

/** A row of `told_payment`. */
export interface ToldPaymentRow {
  transaction_hash: string;
  investment_id: string;
  blockchain: string;
  user_id: string;
  told_at: number;
}

/** How much of an investment that was made elsewhere has been claimed, the edge's claims included. */
export interface ClaimLevelRow {
  investment_id: string;
  claim_level: string;
  revision: number;
}

/** A claim that the edge has asked for. */
export interface ClaimRow {
  id: string;
  investment_id: string;
  user_id: string;
  amount: string;
  /** How much had been claimed in all with it. */
  level: string;
  requested_at: number;
  status: 'asked' | 'stored' | 'refused';
  revision: number;
}

/** Rows of the ledger that D1 does not have yet, with their state of now. */
export interface Projection {
  /** Null if they have not changed, or were written less than a second ago. */
  figures: PoolFigures | null;
  /** Each has a `revision`. */
  investments: InvestmentRow[];
  members: MemberRow[];
  toldPayments: ToldPaymentRow[];
  claimLevels: ClaimLevelRow[];
  claims: ClaimRow[];
  notices: LedgerNotice[];
}
