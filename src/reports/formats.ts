/** Values of a report as text for people. A dash stands for what is not known. */
const NONE = '–';
const wholes = new Intl.NumberFormat('en');
const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 2 });
const smallDollars = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  maximumSignificantDigits: 2,
});
const percents = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 2 });
const sizes = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const countText = (count: number) => wholes.format(count);

/** One thing, or several: `1 incident`, `3 incidents`. */
export const countOf = (count: number, noun: string) =>
  `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;

/** @param share from 0 to 1. One that is not 0 is never shown as 0. */
export function percentText(share: number | null): string {
  if (share === null) return NONE;
  return share > 0 && share < 0.0001 ? 'under 0.01%' : percents.format(share);
}

export const shareText = (part: number, whole: number) => percentText(whole === 0 ? null : part / whole);

/** The upper end of the last bucket is no duration that was measured. */
export const millisecondsText = (ms: number | null) => (ms === null ? NONE : `${countText(ms)} ms`);

export const dollarsText = (amount: number) =>
  amount > 0 && amount < 0.01 ? smallDollars.format(amount) : dollars.format(amount);

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

export function bytesText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < BYTE_UNITS.length - 1; unit += 1) size /= 1000;
  return `${sizes.format(size)} ${BYTE_UNITS[unit]}`;
}

/** Groups the digits before the point; all others stay. */
export function decimalText(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** The time of a day in UTC, e.g. `13:05`. */
export const timeText = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 16);

const NAME_SHOWN_CHARACTERS = 80;

/** A text that somebody chose, cut where it would fill the page. */
export function nameText(name: string, maxCharacters = NAME_SHOWN_CHARACTERS): string {
  if (name.length <= maxCharacters) return name;
  return `${[...name].slice(0, maxCharacters).join('')}…`;
}
