import type { InvestmentRow } from '../../storage/d1/investments.ts';
import type { Investment } from '../ledger-tables.ts';

/** The investment as D1 and the schema have it. */
export const shownInvestment = (poolId: string, investment: Investment): InvestmentRow => ({
  id: investment.id,
  user_id: investment.user_id,
  pool_id: poolId,
  investment_amount: investment.investment_amount,
  token_amount: investment.token_amount,
  token_price: investment.token_price,
  payment_token: investment.payment_token,
  status: investment.status,
  total_claimed: investment.total_claimed,
  claimable_amount: investment.claimable_amount,
  next_claim_date: investment.next_claim_date,
  transaction_hash: investment.transaction_hash,
  block_number: investment.block_number,
  invested_at: investment.invested_at,
  confirmed_at: investment.confirmed_at,
  updated_at: investment.updated_at,
  revision: investment.revision,
  reservation_expires_at: investment.reservation_expires_at,
  failure: investment.failure,
  refund_due: Number(investment.money_account === 'money:owed'),
  receipt_sequence: investment.receipt_sequence,
  receipt_hash: investment.receipt_hash,
  receipt_at: investment.receipt_at,
  claim_level: investment.claim_level,
});
