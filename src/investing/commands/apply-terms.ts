/**
 * Takes over a newer state of the pool: its terms, and a snapshot of what was sold.
 *
 * A change during a sale never touches an allocation: it stops further ones, and a person is told. A cancelled pool
 * ends pending investments alone.
 */
import { toUnits } from '../../storage/decimal-units.ts';
import { move } from '../accounts.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { type Investment, investments } from '../ledger-tables.ts';
import type { PoolTerms } from '../pool-ledger.ts';
import { isContained, isNewer, isUnsettled, type Snapshot } from '../rules/containment.ts';
import { termsChanges } from '../rules/terms-changes.ts';
import { adjust, settlePool, soldElsewhere } from './settle-pool.ts';
import { cancel } from './transitions.ts';

const SAVE = `INSERT INTO terms (one, terms, snapshot) VALUES (1, ?, ?)
  ON CONFLICT (one) DO UPDATE SET terms = excluded.terms, snapshot = excluded.snapshot`;
/** The snapshot may count them otherwise than the last one did. */
const UNSETTLED = 'WHERE is_unsettled = 1';
const PENDING = "WHERE token_account = 'tokens:reserved' ORDER BY receipt_sequence";

export const snapshotOf = (terms: PoolTerms, appliedMs: number): Snapshot => ({
  updatedAt: terms.updated_at,
  askedAtMs: terms.askedAtMs,
  askedAtRevision: terms.askedAtRevision ?? 0,
  appliedMs,
});

/** The first terms of the pool. Nothing is allocated yet that they could count. */
export function openPool(step: LedgerStep): void {
  const { terms } = step;
  save(step);
  step.post('open', move('tokens:outside', 'tokens:unsold', toUnits(terms.total_tokens)));
  settlePool(step);
  settleCertainExcess(step);
  step.wakeBy(terms.sale_end * 1000);
}

/** Terms alone: what was sold by then may be newer than what the ledger knows of its own investments. */
export function applyTerms(step: LedgerStep, given: PoolTerms): void {
  const { terms: before } = step;
  const isOld =
    given.updated_at < before.updated_at ||
    (given.updated_at === before.updated_at && given.askedAtMs <= before.askedAtMs);
  if (isOld) return;
  const { upstream_sold_tokens, upstream_total_raised, upstream_participant_count } = before;
  const terms = { ...given, upstream_sold_tokens, upstream_total_raised, upstream_participant_count };
  step.terms = terms;
  save(step);
  step.wakeBy(terms.sale_end * 1000);
  for (const { kind, detail } of termsChanges(before, terms, step.nowSeconds))
    step.notice(kind, null, detail);
  if (terms.status === 'cancelled') {
    for (const investment of investments.select(step.sql, PENDING)) cancel(step, investment);
  }
  const change = toUnits(terms.total_tokens) - toUnits(before.total_tokens);
  if (change !== 0n) settlePool(step, change > 0n ? 'cap raised' : 'cap lowered');
  step.figuresChanged();
}

/** The counts of a sync, which has handed over what the main API knew of the edge's investments before. */
export function applySnapshot(step: LedgerStep, given: PoolTerms): void {
  const snapshot = snapshotOf(given, step.nowMs);
  if (!isNewer(snapshot, step.snapshot)) return;
  const { upstream_sold_tokens, upstream_total_raised, upstream_participant_count } = given;
  step.terms = { ...step.terms, upstream_sold_tokens, upstream_total_raised, upstream_participant_count };
  step.snapshot = snapshot;
  save(step);
  for (const investment of investments.select(step.sql, UNSETTLED)) contain(step, investment);
  settlePool(step);
  settleCertainExcess(step);
  step.figuresChanged();
}

const save = ({ sql, terms, snapshot }: LedgerStep) =>
  sql.exec(SAVE, JSON.stringify(terms), JSON.stringify(snapshot));

function contain(step: LedgerStep, investment: Investment): void {
  const isLiving = investment.token_account !== null;
  const isIn = isContained(step.snapshot, isLiving, investment);
  const isSame =
    investment.is_contained === Number(isIn) && isUnsettled(step.snapshot, isLiving, isIn, investment);
  if (!isSame) step.changeUnseen(investment, { is_contained: Number(isIn) });
}

/**
 * Sales elsewhere that have no tokens left here: those that the snapshot counts for certain are beyond the total.
 * Investments of the edge's that it may count are taken off.
 */
function settleCertainExcess(step: LedgerStep): void {
  const { balances } = step.book;
  if (soldElsewhere(step) <= balances['tokens:elsewhere']) return;
  const doubted = investments
    .select(step.sql, `${UNSETTLED} AND is_contained = 0`)
    .reduce((sum, investment) => sum + toUnits(investment.token_amount), 0n);
  const beyond = soldElsewhere(step) - doubted - balances['tokens:elsewhere'];
  if (beyond <= 0n) return;
  adjust(step, move('tokens:outside', 'tokens:elsewhere', beyond), 'sold elsewhere beyond the total');
  step.notice('over_allocated', null, 'Other channels have sold more than there was left.');
}
