/** The tokens for sale follow the pool's total and the sales of other channels, down to zero. */
import { greaterOf, smallerOf, toUnits } from '../../storage/decimal-units.ts';
import { type Movements, move } from '../accounts.ts';
import type { LedgerStep, Receipt } from '../ledger-step.ts';

/** Sold through other channels by the applied snapshot; what it surely does not count of the edge's counts here too. */
export function soldElsewhere({ terms, book }: LedgerStep): bigint {
  return greaterOf(toUnits(terms.upstream_sold_tokens) - book.containedTokens, 0n);
}

/** Above 0 where more is allocated than the total: by a lowered cap, or by the main API. */
function excess({ terms, book: { balances } }: LedgerStep): bigint {
  const accounted =
    balances['tokens:unsold'] +
    balances['tokens:reserved'] +
    balances['tokens:sold'] +
    balances['tokens:elsewhere'];
  return accounted - toUnits(terms.total_tokens);
}

/** @param reason of an adjustment of what is for sale */
export function settlePool(step: LedgerStep, reason = 'freed tokens beyond the total'): void {
  const { balances } = step.book;
  const target = soldElsewhere(step);
  const surplus = balances['tokens:elsewhere'] - target;
  if (surplus > 0n) step.post('elsewhere', move('tokens:elsewhere', 'tokens:unsold', surplus));
  const beyond = excess(step);
  if (beyond < 0n) adjust(step, move('tokens:outside', 'tokens:unsold', -beyond), reason);
  const taken = smallerOf(-surplus, balances['tokens:unsold']);
  if (taken > 0n) step.post('elsewhere', move('tokens:unsold', 'tokens:elsewhere', taken));
  const withdrawn = smallerOf(beyond, balances['tokens:unsold']);
  if (withdrawn > 0n) adjust(step, move('tokens:unsold', 'tokens:outside', withdrawn), reason);
}

/** Upon the main API's word. */
export function adjust(
  step: LedgerStep,
  movements: Movements,
  reason: string,
  investmentId?: string,
): Receipt {
  const adjustment = { reason, source: 'main-api' } as const;
  return step.post('adjust', movements, {
    adjustment,
    ...(investmentId === undefined ? {} : { investmentId }),
  });
}
