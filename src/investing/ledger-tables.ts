/** The rows of a ledger's tables. Flags are 1 or 0. */
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type { ClaimRow, LedgerNotice, OutboxRow } from './ledger-types.ts';
import { Table } from './table.ts';

/** An investment that this ledger has made. */
export type Investment = Omit<InvestmentRow, 'pool_id' | 'revision' | 'refund_due' | Receipt> & {
  revision: number;
  projected_revision: number;
  receipt_sequence: number;
  receipt_hash: string;
  receipt_at: number;
  /** Where its tokens are; null once they are free. An investment whose tokens are somewhere is *living*. */
  token_account: 'tokens:reserved' | 'tokens:sold' | null;
  /** Where its payment is; null if none is due. */
  money_account: 'money:due' | 'money:submitted' | 'money:paid' | 'money:owed' | 'money:returned' | null;
  /** The newest version for the main API. */
  sequence: number;
  /** The main API has refused it for good: it gets no further versions. */
  is_refused: number;
  /** The version whose failure was passed over, for a later payment; 0 if none was. */
  passed_over_sequence: number;
  /** When a person is told that it is still not confirmed. */
  confirmation_due_at: number | null;
  /** The newest record of the main API that was applied has this time. */
  upstream_updated_at: number;
  /** The applied snapshot surely counts it. */
  is_contained: number;
  /** A later snapshot may change that. */
  is_unsettled: number;
  /** The version that made it living; when the main API had stored that, and the ledger's revision that knew first. */
  living_sequence: number;
  living_ack_at: number | null;
  living_ack_revision: number | null;
  /** The newest version by which it was acknowledged again; when that was stored, and the revision that knew first. */
  acked_sequence: number;
  renewed_ack_at: number | null;
  renewed_ack_revision: number | null;
  /** The version that ended that; when it was first sent (0: the main API ended it), and when it was stored. */
  release_sequence: number | null;
  release_sent_ms: number | null;
  release_ack_at: number | null;
  release_ack_revision: number | null;
};
type Receipt = 'receipt_sequence' | 'receipt_hash' | 'receipt_at';

export const investments = new Table<Investment>('investment', ['id'], {
  id: 1,
  user_id: 1,
  investment_amount: 1,
  token_amount: 1,
  token_price: 1,
  payment_token: 1,
  invested_at: 1,
  status: 1,
  failure: 1,
  token_account: 1,
  money_account: 1,
  total_claimed: 1,
  claimable_amount: 1,
  claim_level: 1,
  next_claim_date: 1,
  transaction_hash: 1,
  block_number: 1,
  confirmed_at: 1,
  updated_at: 1,
  reservation_expires_at: 1,
  receipt_sequence: 1,
  receipt_hash: 1,
  receipt_at: 1,
  sequence: 1,
  is_refused: 1,
  passed_over_sequence: 1,
  confirmation_due_at: 1,
  upstream_updated_at: 1,
  is_contained: 1,
  is_unsettled: 1,
  living_sequence: 1,
  living_ack_at: 1,
  living_ack_revision: 1,
  acked_sequence: 1,
  renewed_ack_at: 1,
  renewed_ack_revision: 1,
  release_sequence: 1,
  release_sent_ms: 1,
  release_ack_at: 1,
  release_ack_revision: 1,
  revision: 1,
  projected_revision: 1,
});

/** A person's place in the pool. */
export type Member = {
  user_id: string;
  registered_at: number | null;
  registration_id: string | null;
  /** Reservations that ran out, or whose payment was unknown, since the last confirmed payment. */
  strikes: number;
  blocked_until: number;
  /** The unpaid reservation. */
  open_investment: string | null;
  /** The sum of living investments, in units with leading zeros. */
  living_amount: string;
  living_count: number;
  contained_count: number;
  revision: number;
  projected_revision: number;
};

export const members = new Table<Member>('member', ['user_id'], {
  user_id: 1,
  registered_at: 1,
  registration_id: 1,
  strikes: 1,
  blocked_until: 1,
  open_investment: 1,
  living_amount: 1,
  living_count: 1,
  contained_count: 1,
  revision: 1,
  projected_revision: 1,
});

/** The outcome that belongs to a key for ever: an investment, or a refusal. */
export type KeyedOutcome = {
  user_id: string;
  key: string;
  amount: string;
  investment_id: string | null;
  /** A `LedgerRejection` as JSON. */
  refusal: string | null;
};

export const keyedOutcomes = new Table<KeyedOutcome>('idempotency_key', ['user_id', 'key'], {
  user_id: 1,
  key: 1,
  amount: 1,
  investment_id: 1,
  refusal: 1,
});

export type ToldPayment = {
  investment_id: string;
  transaction_hash: string;
  user_id: string;
  blockchain: string;
  told_at: number;
  /** The investment was confirmed or refunded by then. */
  is_too_late: number;
  is_projected: number;
};

export const toldPayments = new Table<ToldPayment>('told_payment', ['investment_id', 'transaction_hash'], {
  investment_id: 1,
  transaction_hash: 1,
  user_id: 1,
  blockchain: 1,
  told_at: 1,
  is_too_late: 1,
  is_projected: 1,
});

type Projected = { projected_revision: number };

export type Claim = Pick<ClaimRow, keyof ClaimRow> & Projected;
export const claims = new Table<Claim>('claim', ['id'], {
  id: 1,
  investment_id: 1,
  user_id: 1,
  amount: 1,
  level: 1,
  requested_at: 1,
  status: 1,
  revision: 1,
  projected_revision: 1,
});

/** The claims of an investment that was made elsewhere. */
export type ClaimLevel = { investment_id: string; claim_level: string; revision: number } & Projected;
export const claimLevels = new Table<ClaimLevel>('claim_level', ['investment_id'], {
  investment_id: 1,
  claim_level: 1,
  revision: 1,
  projected_revision: 1,
});

export type StoredNotice = Pick<LedgerNotice, keyof LedgerNotice> & { is_projected: number };
export const notices = new Table<StoredNotice>('notice', ['notice_id'], {
  notice_id: 1,
  kind: 1,
  investment_id: 1,
  detail: 1,
  noticed_at: 1,
  is_projected: 1,
});

export type StoredCall = {
  kind: OutboxRow['kind'];
  subject: string;
  sequence: number;
  body: string;
  due_ms: number;
  attempts: number;
  recorded_ms: number;
  request_id: string | null;
  traceparent: string | null;
  /** On the tokens that the main API counts. */
  effect: 'takes' | 'releases' | 'none';
  /** Its subject has no earlier call: it may leave. */
  is_first: number;
};
/** Rows leave in the order of `place`. */
export const calls = new Table<StoredCall>('outbox', ['subject', 'sequence'], {
  kind: 1,
  subject: 1,
  sequence: 1,
  body: 1,
  due_ms: 1,
  attempts: 1,
  recorded_ms: 1,
  request_id: 1,
  traceparent: 1,
  effect: 1,
  is_first: 1,
});
