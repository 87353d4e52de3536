/** The bodies of a ledger's calls of the main API (`test/contracts/upstream.md`). */
import type { Claim, Investment } from './ledger-tables.ts';
import type { OutboxRow } from './ledger-types.ts';

type Call = Pick<OutboxRow, 'kind' | 'subject' | 'sequence' | 'body'>;

export function investmentCall(poolId: string, investment: Investment): Call {
  const { id, sequence } = investment;
  const body = JSON.stringify({
    id,
    sequence,
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
  });
  return { kind: 'investment', subject: id, sequence, body };
}

export function registrationCall(poolId: string, id: string, userId: string, registeredAt: number): Call {
  const body = JSON.stringify({ pool_id: poolId, user_id: userId, registered_at: registeredAt });
  return { kind: 'registration', subject: id, sequence: 1, body };
}

export function claimCall({ id, investment_id, user_id, amount, requested_at }: Claim): Call {
  const body = JSON.stringify({ id, investment_id, user_id, amount, requested_at });
  return { kind: 'claim', subject: id, sequence: 1, body };
}
