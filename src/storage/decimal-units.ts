/** Exact amounts as whole numbers of units: one unit is 10^-18, the smallest part that a `Decimal` can name. */

export const UNIT_DIGITS = 18;
export const UNITS_OF_ONE = 10n ** BigInt(UNIT_DIGITS);
/** Sums of amounts of 30 digits have room. */
const SORTABLE_DIGITS = 60;

/** @param decimal digits with at most one point and 18 digits behind it; a leading `-` is allowed */
export function toUnits(decimal: string): bigint {
  // Most balances are nothing.
  if (decimal === '0') return 0n;
  const isNegative = decimal.startsWith('-');
  const [whole = '', fraction = ''] = (isNegative ? decimal.slice(1) : decimal).split('.');
  const units = BigInt(`${whole}${fraction.padEnd(UNIT_DIGITS, '0')}`);
  return isNegative ? -units : units;
}

/** The shortest decimal: no zeros at its end, and one before a point at its beginning. */
export function fromUnits(units: bigint): string {
  if (units === 0n) return '0';
  const digits = (units < 0n ? -units : units).toString().padStart(UNIT_DIGITS + 1, '0');
  const whole = digits.slice(0, -UNIT_DIGITS);
  const fraction = digits.slice(-UNIT_DIGITS).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Text that compares as the amounts do. @throws RangeError for a negative amount or one beyond 60 digits */
export function sortableUnits(units: bigint): string {
  const digits = units.toString();
  if (units < 0n || digits.length > SORTABLE_DIGITS) throw new RangeError(`${digits} units cannot be stored`);
  return digits.padStart(SORTABLE_DIGITS, '0');
}

export const smallerOf = (one: bigint, other: bigint): bigint => (one < other ? one : other);
export const greaterOf = (one: bigint, other: bigint): bigint => (one < other ? other : one);
