/**
 * Exact probabilities of counts, in both directions from the most likely count by the ratio of neighbours: no factorial
 * overflows, and the error of a probability is that of its additions.
 */

/** Terms below this part of the sum are left out. Smaller probabilities are returned as 0. */
const NEGLIGIBLE = 1e-40;

interface Distribution {
  /** The counts that are possible. */
  least: number;
  most: number;
  /** One of the most likely counts. */
  mode: number;
  /** The probability of `count + 1` by that of `count`. */
  ratio(count: number): number;
}

function probabilityOfAtLeast(seen: number, { least, most, mode, ratio }: Distribution): number {
  if (seen <= least) return 1;
  if (seen > most) return 0;
  let sum = 1;
  let tail = mode >= seen ? 1 : 0;
  const take = (count: number, weight: number) => {
    sum += weight;
    if (count >= seen) tail += weight;
  };
  for (let count = mode, weight = 1; count < most && weight > sum * NEGLIGIBLE; count += 1) {
    weight *= ratio(count);
    take(count + 1, weight);
  }
  for (let count = mode, weight = 1; count > least && weight > sum * NEGLIGIBLE; count -= 1) {
    weight /= ratio(count - 1);
    take(count - 1, weight);
  }
  return tail / sum;
}

/** Requests, and those of them that have a property. */
export interface Share {
  marked: number;
  of: number;
}

/**
 * Fisher's exact test, one-sided: the probability that at least so many of the marked requests are `now`'s, if marks have
 * nothing to do with the version that answers.
 */
export function chanceOfMore(before: Share, now: Share): number {
  const all = before.of + now.of;
  const marked = before.marked + now.marked;
  return probabilityOfAtLeast(now.marked, {
    least: Math.max(0, now.of + marked - all),
    most: Math.min(now.of, marked),
    mode: Math.floor(((now.of + 1) * (marked + 1)) / (all + 2)),
    ratio: (count) =>
      ((marked - count) * (now.of - count)) / ((count + 1) * (all - marked - now.of + count + 1)),
  });
}

/** The probability of at least so many marked requests, if each is marked with this probability. */
export function chanceOfAtLeast({ marked, of }: Share, probability: number): number {
  if (probability <= 0) return marked > 0 ? 0 : 1;
  if (probability >= 1) return 1;
  return probabilityOfAtLeast(marked, {
    least: 0,
    most: of,
    mode: Math.min(of, Math.floor((of + 1) * probability)),
    ratio: (count) => (((of - count) / (count + 1)) * probability) / (1 - probability),
  });
}
