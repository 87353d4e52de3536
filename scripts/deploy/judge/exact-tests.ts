/**
 * Exact probabilities of counts: each distribution is summed up from its most likely count by the ratio of neighbours, so no factorial
 * overflows.
 */

/** Terms below this part of the greatest one are left out. Much smaller probabilities are returned as 0. */
const NEGLIGIBLE = 1e-25;

/** Requests, and those of them that have a property. */
export interface Proportion {
  marked: number;
  of: number;
}

/** From 0 to 1. */
export const shareOf = ({ marked, of }: Proportion): number => (of === 0 ? 0 : marked / of);

/** Requests of both versions in the same period. */
export interface Period {
  oldShare: Proportion;
  newShare: Proportion;
}

/**
 * Fisher's exact test, one-sided, over periods: the probability that at least so many of the marked requests are the new version's,
 * if in each period the odds of a mark are `odds` times those of the old version (Fisher's noncentral hypergeometric
 * distribution).
 */
export function chanceOfMore(periods: readonly Period[], odds = 1): number {
  const terms = periods.map(({ oldShare, newShare }) => {
    const marked = oldShare.marked + newShare.marked;
    const least = Math.max(0, marked - oldShare.of);
    const ratio = (count: number) =>
      (odds * (marked - count) * (newShare.of - count)) / ((count + 1) * (oldShare.of - marked + count + 1));
    return termsOf(least, Math.min(newShare.of, marked), ratio);
  });
  return chanceOfSum(marksOf(periods.map(({ newShare }) => newShare)), terms);
}

/** The probability of at least so many marked requests, if each of a period is marked with its probability. */
export function chanceOfAtLeast(periods: readonly { share: Proportion; probability: number }[]): number {
  const terms = periods.map(({ share: { of }, probability }) => {
    if (probability <= 0 || probability >= 1) return { first: probability <= 0 ? 0 : of, chances: ONE };
    const odds = probability / (1 - probability);
    return termsOf(0, of, (count) => (odds * (of - count)) / (count + 1));
  });
  return chanceOfSum(marksOf(periods.map(({ share }) => share)), terms);
}

const marksOf = (shares: readonly Proportion[]) => shares.reduce((sum, { marked }) => sum + marked, 0);

/** Probabilities of the counts from `first` on. */
interface Terms {
  first: number;
  chances: Float64Array;
}

const ONE = Float64Array.of(1);

/** @param ratio falling: the probability of `count + 1` by that of `count` */
function termsOf(least: number, most: number, ratio: (count: number) => number): Terms {
  const mode = modeOf(least, most, ratio);
  const above: number[] = [];
  for (let count = mode, term = 1; count < most; count += 1) {
    term *= ratio(count);
    if (term < NEGLIGIBLE) break;
    above.push(term);
  }
  const below: number[] = [];
  for (let count = mode, term = 1; count > least; count -= 1) {
    term /= ratio(count - 1);
    if (term < NEGLIGIBLE) break;
    below.push(term);
  }
  const terms = [...below.reverse(), 1, ...above];
  const sum = terms.reduce((total, term) => total + term, 0);
  return { first: mode - below.length, chances: Float64Array.from(terms, (term) => term / sum) };
}

function modeOf(least: number, most: number, ratio: (count: number) => number): number {
  let [low, high] = [least, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (ratio(middle) > 1) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The probability that counts of these distributions add up to at least so many. */
function chanceOfSum(seen: number, distributions: readonly Terms[]): number {
  const { first, chances } = distributions.reduce(sumOf, { first: 0, chances: ONE });
  const tail = chances.slice(Math.max(0, seen - first)).reduce((sum, chance) => sum + chance, 0);
  return Math.min(1, tail);
}

function sumOf(one: Terms, other: Terms): Terms {
  const chances = new Float64Array(one.chances.length + other.chances.length - 1);
  for (let index = 0; index < one.chances.length; index += 1) {
    const chance = one.chances[index] ?? 0;
    for (let place = 0; place < other.chances.length; place += 1)
      chances[index + place] = (chances[index + place] ?? 0) + chance * (other.chances[place] ?? 0);
  }
  return { first: one.first + other.first, chances };
}
