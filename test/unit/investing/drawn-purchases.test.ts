/**
 * The decimals of 500 drawn sales: each purchase in a ledger, against a computation that shares no code with it. Everybody
 * tells of a payment at once, so that the next purchase is not held up by a reservation.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { remainingAllocation } from '../../../src/investing/rules/remaining-allocation.ts';
import { fromUnits, toUnits } from '../../../src/storage/decimal-units.ts';
import {
  decimalOf,
  type Exact,
  exact,
  minus,
  plus,
  sumOf,
  times,
  written,
} from '../../support/investing/fractions.ts';
import { LedgerWorld } from '../../support/ledger.ts';
import { drawn } from '../../support/list-inputs.ts';

const PEOPLE = ['ann', 'bob', 'cid'];

const decimals = (wholeDigits: number, places: fc.Arbitrary<number>) =>
  places.chain((behind) =>
    fc
      .bigInt({ min: 1n, max: 10n ** BigInt(wholeDigits + behind) - 1n })
      .map((digits) => decimalOf(digits, behind)),
  );
const anyPlaces = fc.constantFrom(0, 2, 6, 18);

const purchases = fc.record({
  person: fc.constantFrom(...PEOPLE),
  /** The price of all the rest, that and one step more or less, or any amount. */
  kind: fc.constantFrom('the rest', 'a step less', 'a step more', 'any', 'any', 'any', 'any'),
  share: fc.integer({ min: 1, max: 400 }),
  /** Digits more than the payment token has. */
  tooFine: fc.constantFrom(0, 0, 0, 0, 1),
});
const sales = fc.record({
  price: fc.oneof(
    decimals(1, anyPlaces),
    decimals(4, anyPlaces),
    fc.constantFrom('0.000000000000000003', '3'),
  ),
  total: fc.oneof(decimals(4, anyPlaces), decimals(7, anyPlaces)),
  places: fc.constantFrom(0, 2, 6, 8, 18),
  /** Thousandths of the price of everything. */
  minimum: fc.constantFrom(0, 0, 1, 50),
  maximum: fc.constantFrom(null, 300, 700, 5_000),
  purchases: fc.array(purchases, { minLength: 1, maxLength: 14 }),
});
type DrawnSale = typeof sales extends fc.Arbitrary<infer Drawn> ? Drawn : never;

// ── The independent computation ──

const compare = (one: Exact, other: Exact) => {
  const { top } = minus(one, other);
  return top < 0n ? -1 : top > 0n ? 1 : 0;
};
const wholeOf = ({ top, bottom }: Exact) => top / bottom;
const scaled = (one: Exact, places: number): Exact => times(one, { top: 10n ** BigInt(places), bottom: 1n });
const atPlaces = (digits: bigint, places: number): Exact => ({ top: digits, bottom: 10n ** BigInt(places) });
const roundedUp = (one: Exact, places: number): Exact => {
  const down = wholeOf(scaled(one, places));
  const isExact = compare(atPlaces(down, places), one) === 0;
  return atPlaces(isExact ? down : down + 1n, places);
};
const over = (one: Exact, other: Exact): Exact => times(one, { top: other.bottom, bottom: other.top });

/** To 18 places, and 30 digits in all. */
function shortened(tokens: Exact): Exact {
  const whole = wholeOf(tokens);
  const places = Math.min(18, 30 - (whole === 0n ? 0 : whole.toString().length));
  return atPlaces(wholeOf(scaled(tokens, places)), places);
}

class ExpectedSale {
  readonly #drawn: DrawnSale;
  readonly price: Exact;
  rest: Exact;
  readonly minimum: string;
  readonly maximum: string | null;
  readonly #paid = new Map<string, Exact>();

  constructor(drawn: DrawnSale) {
    this.#drawn = drawn;
    this.price = exact(drawn.price);
    this.rest = exact(drawn.total);
    const everything = times(this.price, this.rest);
    const part = (thousandths: number) =>
      written(roundedUp(times(everything, atPlaces(BigInt(thousandths), 3)), drawn.places));
    this.minimum = part(drawn.minimum);
    this.maximum = drawn.maximum === null ? null : part(drawn.maximum);
  }

  paidBy(person: string): Exact {
    return this.#paid.get(person) ?? atPlaces(0n, 0);
  }

  get costOfRest(): Exact {
    return roundedUp(times(this.price, this.rest), this.#drawn.places);
  }

  amountOf({ kind, share, tooFine }: DrawnSale['purchases'][number]): string {
    const { places, total } = this.#drawn;
    const step = atPlaces(1n, places);
    if (kind === 'the rest') return written(this.costOfRest);
    if (kind === 'a step more') return written(plus(this.costOfRest, step));
    if (kind === 'a step less' && this.rest.top > 0n) return written(minus(this.costOfRest, step));
    const part = times(times(this.price, exact(total)), atPlaces(BigInt(share), 3));
    return written(
      plus(roundedUp(part, places), tooFine && places < 18 ? atPlaces(1n, places + 1) : atPlaces(0n, 0)),
    );
  }

  /** The tokens, or the code of the rejection. */
  buy(person: string, amountText: string): string {
    const { places } = this.#drawn;
    const amount = exact(amountText);
    const isWhole = scaled(amount, places).top % scaled(amount, places).bottom === 0n;
    const tokens = shortened(over(amount, this.price));
    if (amount.top <= 0n || !isWhole || tokens.top === 0n) return 'VALIDATION_FAILED';
    const paid = plus(this.paidBy(person), amount);
    const isTheRest = compare(amount, this.costOfRest) === 0;
    if (compare(paid, exact(this.minimum)) < 0 && !isTheRest) return 'BELOW_MINIMUM';
    if (this.maximum !== null && compare(paid, exact(this.maximum)) > 0) return 'ABOVE_MAXIMUM';
    if (this.rest.top === 0n || compare(amount, this.costOfRest) > 0) return 'SOLD_OUT';
    const bought = isTheRest ? this.rest : tokens;
    this.#paid.set(person, paid);
    this.rest = minus(this.rest, bought);
    return written(bought);
  }
}

test('500 drawn sales are right to the last digit', () => {
  const outcomes = new Map<string, number>();
  const note = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  for (const [number, sale] of fc.sample(sales, drawn(500)).entries()) {
    const expected = new ExpectedSale(sale);
    const world = new LedgerWorld({
      ...{ token_price: sale.price, total_tokens: sale.total, payment_decimals: sale.places },
      ...{ min_allocation: expected.minimum, max_allocation: expected.maximum },
    });
    const bought: string[] = [];
    for (const [at, purchase] of sale.purchases.entries()) {
      const { person } = purchase;
      const amount = expected.amountOf(purchase);
      const where = `sale ${number}, purchase ${at} of ${amount}`;
      const answer = world.invest(person, amount, { idempotencyKey: `purchase-${at}` });
      const outcome = expected.buy(person, amount);
      note(/^[A-Z]/.test(outcome) ? outcome : purchase.kind);
      if ('kind' in answer) {
        expect(answer.code, where).toBe(outcome);
        continue;
      }
      expect(answer.investment.token_amount, where).toBe(outcome);
      world.submit(answer.investment, `0x${at}`);
      bought.push(outcome);
    }
    const sold = sumOf(bought.map(exact));
    const { 'tokens:unsold': unsold, 'tokens:reserved': reserved } = world.ledger.balances();
    expect([unsold, reserved], `sale ${number}`).toEqual([written(expected.rest), written(sold)]);
    for (const person of PEOPLE) checkRemaining(world, expected, person, note);
  }
  for (const outcome of [
    ...['the rest', 'a step less', 'any', 'something is left', 'nothing is left'],
    ...['VALIDATION_FAILED', 'BELOW_MINIMUM', 'ABOVE_MAXIMUM', 'SOLD_OUT'],
  ]) {
    expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(50);
  }
});

/** The ledger takes the amount that is shown as left, and none that is a step greater. */
function checkRemaining(
  world: LedgerWorld,
  expected: ExpectedSale,
  person: string,
  note: (outcome: string) => void,
): void {
  const invested = toUnits(written(expected.paidBy(person)));
  const remaining = remainingAllocation(
    {
      terms: world.terms,
      nowSeconds: world.nowSeconds,
      rest: toUnits(written(expected.rest)),
      participants: 0,
    },
    {
      ...{ isRegistered: false, isParticipant: false, openUntil: null, blockedUntil: 0, refusal: null },
      invested,
    },
  );
  note(remaining === 0n ? 'nothing is left' : 'something is left');
  const places = world.terms.payment_decimals ?? 0;
  const greater = fromUnits(remaining + 10n ** BigInt(18 - places));
  const refused = world.invest(person, greater, { idempotencyKey: `more-than-is-left-to-${person}` });
  expect('kind' in refused ? refused.kind : 'allocated').toBe('rejection');
  if (remaining === 0n) return;
  const tokens = expected.buy(person, fromUnits(remaining));
  const investment = world.allocated(person, fromUnits(remaining), `all-that-is-left-to-${person}`);
  expect(investment.token_amount).toBe(tokens);
  world.submit(investment, `0xall-of-${person}`);
}
