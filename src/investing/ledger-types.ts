/** Rows that a pool's ledger hands to those who call the main API and write D1. Times are as in `pool-ledger.ts`. */
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type {
  MemberRow,
  NoticeRow,
  PoolFigures,
  ClaimRow as ShownClaim,
  ClaimLevelRow as ShownClaimLevel,
  ToldPaymentRow,
} from '../storage/d1/ledger-rows.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { InvestmentRecord, UpstreamRefusal } from '../upstream/main-api-records.ts';

export type { MemberRow, PoolFigures, ToldPaymentRow, UpstreamRefusal };

/** The part of a Durable Object's storage that a ledger uses. */
export interface LedgerStorage {
  sql: Pick<SqlStorage, 'exec'>;
  /** Undoes everything that the closure has written if it throws. */
  transactionSync<Result>(closure: () => Result): Result;
}

export interface LedgerDeps {
  nowMs(): number;
  /** A UUID of version 4. */
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
  /** The number of times that it has been sent. */
  attempts: number;
  recordedAtMs: number;
  /** It names the request that recorded the call; null if the clock or a sync did. */
  trace: CallTrace | null;
}

/** The stored record with which the main API answers for an investment; null if it cannot be read, and for other kinds. */
export type StoredInvestment = InvestmentRecord | null;

export type NoticeKind =
  | 'over_allocated'
  | 'cancelled'
  | 'cap_changed'
  | 'price_changed'
  | 'times_changed'
  | 'not_confirmed'
  | 'hash_told_twice'
  | 'told_too_often'
  | 'paid_when_over'
  | 'refused'
  | 'registration_refused'
  | 'claim_refused'
  | 'unknown_investment'
  | 'upstream_differs'
  | 'ledger_differs';

/** Told to a person. The ledger numbers its own from 1. */
export interface LedgerNotice extends NoticeRow {
  kind: NoticeKind;
}

export interface ClaimLevelRow extends ShownClaimLevel {
  revision: number;
}

export interface ClaimRow extends ShownClaim {
  amount: string;
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
