/** Exact decimals of up to 18 places, held as whole multiples of 10^-18. Rounding is always down. */

const PLACES = 18;
const ONE = 10n ** BigInt(PLACES);
const PATTERN = /^\d{1,12}(\.\d{1,18})?$/;

export function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && PATTERN.test(value);
}

export function parseDecimal(text: string): bigint {
  if (!isDecimal(text)) throw new RangeError(`not a decimal: ${text}`);
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * ONE + BigInt(fraction.padEnd(PLACES, '0'));
}

export function formatDecimal(value: bigint): string {
  const fraction = (value % ONE).toString().padStart(PLACES, '0').replace(/0+$/, '');
  const whole = (value / ONE).toString();
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

export function multiply(a: bigint, b: bigint): bigint {
  return (a * b) / ONE;
}

export function divide(a: bigint, b: bigint): bigint {
  return (a * ONE) / b;
}

/** From a number of modest size, kept to six places. */
export function decimalOf(value: number): bigint {
  return BigInt(Math.floor(value * 1e6)) * 10n ** 12n;
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
