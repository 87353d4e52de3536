import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { type Applicant, admit, type Sale } from '../../../src/investing/rules/admission.ts';
import { remainingAllocation } from '../../../src/investing/rules/remaining-allocation.ts';
import { fromUnits, toUnits, UNITS_OF_ONE } from '../../../src/storage/decimal-units.ts';

const decimal = (max: bigint) => fc.bigInt({ min: 0n, max }).map(fromUnits);
const sizes = fc.oneof(decimal(10n ** 24n), decimal(10n ** 8n), decimal(10n ** 36n));

const NOW = 1_000;
const terms = fc.record({
  token_price: sizes,
  min_allocation: fc.oneof(fc.constant('0'), sizes),
  max_allocation: fc.option(sizes),
  payment_decimals: fc.constantFrom(0, 6, 8, 18),
  max_participants: fc.constantFrom(null, 5),
});
const sales = fc.record({ terms, rest: sizes.map(toUnits), participants: fc.constantFrom(4, 5) }).map(
  ({ terms, ...drawn }): Sale => ({
    ...drawn,
    nowSeconds: NOW,
    terms: {
      ...(terms as unknown as PoolTerms),
      ...{ pool_type: 'public', status: 'active', sale_start: 0, sale_end: 2 * NOW },
      ...{ registration_start: null, registration_end: null },
    },
  }),
);
const applicants = fc.record({
  isRegistered: fc.constant(false),
  isParticipant: fc.boolean(),
  openUntil: fc.constantFrom(null, null, null, NOW + 1),
  blockedUntil: fc.constantFrom(0, 0, 0, NOW + 1),
  invested: fc.oneof(fc.constant(0n), sizes.map(toUnits)),
  refusal: fc.constant(null),
});

/** The rules in words: if one amount may be invested. */
function mayInvest({ terms, rest, participants }: Sale, applicant: Applicant, amount: bigint): boolean {
  const step = 10n ** BigInt(18 - (terms.payment_decimals ?? 0));
  const price = toUnits(terms.token_price);
  if (applicant.openUntil !== null || applicant.blockedUntil > NOW) return false;
  if (terms.max_participants === participants && !applicant.isParticipant) return false;
  if (amount <= 0n || amount % step !== 0n || price === 0n || rest === 0n) return false;
  if (fromUnits(amount).replace(/^0?\./, '').replace('.', '').length > 30) return false;
  if (amount * UNITS_OF_ONE < price) return false;
  if (terms.max_allocation !== null && applicant.invested + amount > toUnits(terms.max_allocation))
    return false;
  const buysRest = amount * UNITS_OF_ONE >= rest * price;
  if (buysRest) return (amount - step) * UNITS_OF_ONE < rest * price;
  return applicant.invested + amount >= toUnits(terms.min_allocation);
}

test('it is the greatest amount that may be invested, or 0 if there is none', () => {
  let someone = 0;
  fc.assert(
    fc.property(sales, applicants, fc.bigInt({ min: 1n, max: 10n ** 36n }), (sale, applicant, more) => {
      const step = 10n ** BigInt(18 - (sale.terms.payment_decimals ?? 0));
      const remaining = remainingAllocation(sale, applicant);
      const isAdmitted = (amount: bigint) => admit(fromUnits(amount), sale, applicant).kind === 'admitted';
      if (remaining !== 0n) {
        someone += 1;
        expect([mayInvest(sale, applicant, remaining), isAdmitted(remaining)]).toEqual([true, true]);
      }
      const whole = toUnits(sale.terms.max_allocation ?? '0') - applicant.invested;
      for (const beyond of [step, 2n * step, (more / step) * step, whole - remaining]) {
        if (beyond <= 0n) continue;
        const greater = remaining + beyond;
        expect([mayInvest(sale, applicant, greater), isAdmitted(greater)]).toEqual([false, false]);
      }
    }),
    { numRuns: 10_000 },
  );
  expect(someone).toBeGreaterThan(1_000);
});

const ANYBODY: Applicant = {
  ...{ isRegistered: false, isParticipant: false, openUntil: null },
  ...{ blockedUntil: 0, invested: 0n, refusal: null },
};

test('nothing is left before the sale, after it, or without a price or the digits of the payment token', () => {
  const [sale] = fc.sample(
    sales.filter((each) => remainingAllocation(each, ANYBODY) > 0n),
    1,
  );
  if (sale === undefined) throw new Error('no sale was drawn');
  for (const change of [
    { sale_start: NOW + 1 },
    { sale_end: NOW },
    { status: 'cancelled' },
    { token_price: '0' },
    { payment_decimals: null },
    { registration_start: 1 },
  ]) {
    const changed = { ...sale, terms: { ...sale.terms, ...change } as PoolTerms };
    expect(remainingAllocation(changed, ANYBODY), JSON.stringify(change)).toBe(0n);
  }
});
