/** Changes of a pool that a person has to look at: those that come while its sale runs, or after. */
import { toUnits } from '../../storage/decimal-units.ts';
import { instant } from '../instant.ts';
import type { NoticeKind } from '../ledger-types.ts';
import type { PoolTerms } from '../pool-ledger.ts';

export interface TermsChange {
  kind: NoticeKind;
  /** Names nobody. */
  detail: string;
}

export function termsChanges(before: PoolTerms, after: PoolTerms, nowSeconds: number): TermsChange[] {
  if (nowSeconds < before.sale_start) return [];
  const changes: TermsChange[] = [];
  const add = (kind: NoticeKind, detail: string) => changes.push({ kind, detail });
  if (after.status === 'cancelled' && before.status !== 'cancelled')
    add('cancelled', 'The pool is cancelled.');
  if (toUnits(after.total_tokens) !== toUnits(before.total_tokens)) {
    add('cap_changed', `The total is ${after.total_tokens}, it was ${before.total_tokens}.`);
  }
  if (toUnits(after.token_price) !== toUnits(before.token_price)) {
    add('price_changed', `The price is ${after.token_price}, it was ${before.token_price}.`);
  }
  if (after.sale_start !== before.sale_start || after.sale_end !== before.sale_end) {
    add('times_changed', `The sale is from ${saleOf(after)}, it was from ${saleOf(before)}.`);
  }
  return changes;
}

const saleOf = ({ sale_start, sale_end }: PoolTerms) => `${instant(sale_start)} to ${instant(sale_end)}`;
