/**
 * Takes over a newer state of the pool: its terms, and a snapshot of its sales.
 *
 * A change during a sale never touches an allocation: it stops further ones, and a person is told. A cancelled pool
 * ends pending investments alone.
 */
import { toUnits } from '../../storage/decimal-units.ts';
import { move } from '../accounts.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { type Investment, investments } from '../ledger-tables.ts';
import type { PoolTerms } from '../pool-ledger.ts';
import { isContained, isNewer } from '../rules/containment.ts';
import { type TermsChange, termsChanges } from '../rules/terms-changes.ts';
import { adjust, settlePool, soldElsewhere } from './settle-pool.ts';
import { cancel } from './transitions.ts';

const snapshotOf = ({ updated_at, askedAtMs }: PoolTerms) => ({ updatedAt: updated_at, askedAtMs });
const SAVE_TERMS =
  'INSERT INTO terms (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json';
/** Those that may be in the snapshot although nobody knows it. */
const IN_DOUBT = `WHERE is_unsettled = 1`;

/** The first terms of the pool. */
export function openPool(step: LedgerStep): void {
  const { book, terms, sql } = step;
  book.snapshotAppliedMs = step.nowMs;
  sql.exec(SAVE_TERMS, JSON.stringify(terms));
  step.post('open', move('tokens:outside', 'tokens:unsold', toUnits(terms.total_tokens)));
  settlePool(step);
  settleCertainExcess(step);
  step.wakeBy(terms.sale_end * 1000);
}

export function applyTerms(step: LedgerStep, terms: PoolTerms): void {
  const before = step.terms;
  if (!isNewer(snapshotOf(terms), snapshotOf(before))) return;
  step.terms = terms;
  step.book.snapshotAppliedMs = step.nowMs;
  step.sql.exec(SAVE_TERMS, JSON.stringify(terms));
  step.figuresChanged();
  step.wakeBy(terms.sale_end * 1000);
  for (const change of termsChanges(before, terms, step.nowSeconds)) notice(step, change);
  for (const investment of investments.select(step.sql, IN_DOUBT)) contain(step, investment);
  if (terms.status === 'cancelled') {
    const pending = "WHERE token_account = 'tokens:reserved' ORDER BY invested_at, id";
    for (const investment of investments.select(step.sql, pending)) cancel(step, investment);
  }
  settlePool(step, toUnits(terms.total_tokens) > toUnits(before.total_tokens) ? 'cap raised' : 'cap lowered');
  settleCertainExcess(step);
}

function notice(step: LedgerStep, { kind, detail }: TermsChange): void {
  step.notice(kind, null, detail);
}

function contain(step: LedgerStep, investment: Investment): void {
  const isIn = isContained(step.snapshot, investment.token_account !== null, investment);
  step.changeUnseen(investment, { is_contained: Number(isIn) });
}

/**
 * Sales elsewhere that have no tokens left here: those that the snapshot counts for certain are beyond the total.
 * Investments of the edge's that it may count are taken off.
 */
function settleCertainExcess(step: LedgerStep): void {
  const { balances } = step.book;
  if (soldElsewhere(step) <= balances['tokens:elsewhere']) return;
  const doubted = investments
    .select(step.sql, `${IN_DOUBT} AND is_contained = 0`)
    .reduce((sum, investment) => sum + toUnits(investment.token_amount), 0n);
  const beyond = soldElsewhere(step) - doubted - balances['tokens:elsewhere'];
  if (beyond <= 0n) return;
  adjust(step, move('tokens:outside', 'tokens:elsewhere', beyond), 'sold elsewhere beyond the total');
  step.notice('over_allocated', null, 'Other channels have sold more than there was left.');
}
