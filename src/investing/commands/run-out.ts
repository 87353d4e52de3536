/** Settles what has run out by the ledger's clock: reservations, the time to confirm a payment, the sale. */
import type { LedgerStep } from '../ledger-step.ts';
import { investments } from '../ledger-tables.ts';
import { isOver } from '../rules/pool-status.ts';
import { settlePool } from './settle-pool.ts';
import { expire } from './transitions.ts';

const EXPIRED = 'WHERE reservation_expires_at <= ? ORDER BY reservation_expires_at, id';
const UNCONFIRMED = 'WHERE confirmation_due_at <= ? ORDER BY confirmation_due_at, id';
const NEXT = `SELECT (SELECT min(reservation_expires_at) FROM investment WHERE reservation_expires_at IS NOT NULL) AS expires,
  (SELECT min(confirmation_due_at) FROM investment WHERE confirmation_due_at IS NOT NULL) AS due`;

export function runOut(step: LedgerStep): void {
  const { book, nowMs, nowSeconds, sql } = step;
  if (book.wakeMs === null || nowMs < book.wakeMs) return;
  for (const investment of investments.select(sql, EXPIRED, nowSeconds)) expire(step, investment);
  for (const investment of investments.select(sql, UNCONFIRMED, nowSeconds)) {
    step.changeUnseen(investment, { confirmation_due_at: null });
    step.notice('not_confirmed', investment.id, 'A payment that was told of is not confirmed yet.');
  }
  book.wakeMs = null;
  const [next] = sql.exec<{ expires: number | null; due: number | null }>(NEXT).toArray();
  if (next?.expires) step.wakeBy(next.expires * 1000);
  if (next?.due) step.wakeBy(next.due * 1000);
  settlePool(step);
  if (book.closedAt === null && step.terms.sale_end > nowSeconds) step.wakeBy(step.terms.sale_end * 1000);
}

/** The end of the sale is recorded once. */
export function closeIfOver(step: LedgerStep): void {
  if (step.book.closedAt !== null || !isOver(step.terms, step.nowSeconds)) return;
  step.book.closedAt = step.nowSeconds;
  step.post('close', {});
}
