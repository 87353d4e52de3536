import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { remainingAllocation } from '../../../src/investing/remaining-allocation.ts';
import type { IdoPoolRow } from '../../../src/storage/d1/ido-pools.ts';
import { fromUnits, toUnits, UNITS_OF_ONE } from '../../../src/storage/decimal-units.ts';

const decimal = (max: bigint) => fc.bigInt({ min: 0n, max }).map(fromUnits);
const ofOrdinarySize = decimal(10n ** 24n);
const small = decimal(10n ** 8n);

const drawn = fc.record({
  pool: fc.record({
    status: fc.constant('active'),
    token_price: fc.oneof(ofOrdinarySize, small).filter((price) => toUnits(price) > 0n),
    total_tokens: fc.oneof(ofOrdinarySize, small),
    sold_tokens: fc.oneof(ofOrdinarySize, small),
    min_allocation: fc.oneof(fc.constant('0'), ofOrdinarySize, small),
    max_allocation: fc.option(fc.oneof(ofOrdinarySize, small)),
    payment_decimals: fc.constantFrom(0, 6, 8, 18),
    max_participants: fc.constant(null),
  }),
  invested: fc.oneof(
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 10n ** 24n }),
    fc.bigInt({ min: 0n, max: 1000n }),
  ),
});
type Pool = Pick<IdoPoolRow, keyof IdoPoolRow>;

/** The rules in words: they say of one amount whether it may be invested. */
function mayInvest(pool: Pool, invested: bigint, amount: bigint): boolean {
  const step = 10n ** BigInt(18 - (pool.payment_decimals ?? 0));
  if (amount <= 0n || amount % step !== 0n) return false;
  if (pool.max_allocation !== null && invested + amount > toUnits(pool.max_allocation)) return false;
  const price = toUnits(pool.token_price);
  const rest = toUnits(pool.total_tokens) - toUnits(pool.sold_tokens);
  if (rest <= 0n) return false;
  const buysRest = amount * UNITS_OF_ONE >= rest * price;
  const isLeastThatBuysRest = buysRest && (amount - step) * UNITS_OF_ONE < rest * price;
  if (buysRest) return isLeastThatBuysRest;
  return invested + amount >= toUnits(pool.min_allocation);
}

test('it is the greatest amount that may be invested, or 0 if there is none', () => {
  fc.assert(
    fc.property(drawn, fc.bigInt({ min: 1n, max: 10n ** 24n }), ({ pool: terms, invested }, more) => {
      const pool = terms as unknown as Pool;
      const step = 10n ** BigInt(18 - terms.payment_decimals);
      const remaining = remainingAllocation(pool, { invested, isParticipant: true });
      if (remaining !== 0n) expect(mayInvest(pool, invested, remaining)).toBe(true);
      for (const beyond of [
        step,
        2n * step,
        (more / step) * step,
        toUnits(terms.max_allocation ?? '0') - invested,
      ]) {
        if (beyond > 0n) expect(mayInvest(pool, invested, remaining + beyond)).toBe(false);
      }
    }),
    { numRuns: 5_000 },
  );
});
