/** Exact arithmetic for expected amounts, which shares no code with the gateway: fractions of whole numbers. */

export interface Exact {
  top: bigint;
  bottom: bigint;
}

export function decimalOf(digits: bigint, places: number): string {
  const text = digits.toString().padStart(places + 1, '0');
  return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
}

export function exact(decimal: string): Exact {
  const [mantissa = '', exponent = '0'] = decimal.toLowerCase().split('e');
  const [whole = '', behind = ''] = mantissa.split('.');
  const shift = Number(exponent) - behind.length;
  const digits = BigInt(whole + behind);
  return shift < 0
    ? { top: digits, bottom: 10n ** BigInt(-shift) }
    : { top: digits * 10n ** BigInt(shift), bottom: 1n };
}

export const plus = (one: Exact, other: Exact): Exact => ({
  top: one.top * other.bottom + other.top * one.bottom,
  bottom: one.bottom * other.bottom,
});
export const minus = (one: Exact, other: Exact): Exact =>
  plus(one, { top: -other.top, bottom: other.bottom });
export const times = (one: Exact, other: Exact): Exact => ({
  top: one.top * other.top,
  bottom: one.bottom * other.bottom,
});
export const sumOf = (all: readonly Exact[]) => all.reduce(plus, { top: 0n, bottom: 1n });

/** The nearest floating-point number: 60 digits more than it has, and the engine's own rounding. */
export function nearest({ top, bottom }: Exact): number {
  const digits = (top * 10n ** 80n) / bottom;
  return Number(`${digits}e-80`);
}

/** Exact, and written without zeros at its end. */
export function written({ top, bottom }: Exact): string {
  const units = (top * 10n ** 18n) / bottom;
  const text = units.toString().padStart(19, '0');
  return `${text.slice(0, -18)}.${text.slice(-18)}`.replace(/\.?0+$/, '');
}
