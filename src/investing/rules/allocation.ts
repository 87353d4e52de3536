/** The tokens that an amount buys. All amounts are in units of 10^-18. */
import { toUnits, UNIT_DIGITS, UNITS_OF_ONE } from '../../storage/decimal-units.ts';

/** A `Decimal` has no more, before and behind the point. */
export const DECIMAL_MAX_DIGITS = 30;

/** Tokens for an amount, rounded down to 18 places and 30 digits. @param price above 0 */
export function tokensFor(amount: bigint, price: bigint): bigint {
  const tokens = (amount * UNITS_OF_ONE) / price;
  return roundedDown(tokens);
}

/** To 30 digits. */
export function roundedDown(units: bigint): bigint {
  const wholeDigits = (units / UNITS_OF_ONE).toString().length;
  const lostDigits = wholeDigits + UNIT_DIGITS - DECIMAL_MAX_DIGITS;
  if (units < UNITS_OF_ONE || lostDigits <= 0) return units;
  const step = 10n ** BigInt(lostDigits);
  return units - (units % step);
}

/** The least amount that the payment token can express. */
export const paymentStep = (decimals: number): bigint => 10n ** BigInt(UNIT_DIGITS - decimals);

/** The cost of all that is left, rounded up to the decimals of the payment token. */
export function costOfRest(rest: bigint, price: bigint, decimals: number): bigint {
  const step = paymentStep(decimals);
  return ceilDivision(rest * price, UNITS_OF_ONE * step) * step;
}

const ceilDivision = (dividend: bigint, divisor: bigint) => (dividend + divisor - 1n) / divisor;

/** Null if there is not enough: nobody gets a part. Exactly the cost of the rest buys all of it. */
export function allocate(
  amount: bigint,
  { rest, price, decimals }: { rest: bigint; price: bigint; decimals: number },
): bigint | null {
  const cost = costOfRest(rest, price, decimals);
  if (rest === 0n || amount > cost) return null;
  return amount === cost ? roundedDown(rest) : tokensFor(amount, price);
}

/** As in the schema, without a sign. */
const DECIMAL = /^(?=\.?\d)0*(\d*)\.?(\d*?)0*$/;

/** Null if the text is no amount that a `Decimal` can have. */
export function parseAmount(text: string): bigint | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  if (fraction.length > UNIT_DIGITS || whole.length + fraction.length > DECIMAL_MAX_DIGITS) return null;
  return toUnits(`${whole}.${fraction}`);
}
