/** Rounds are summed up by the median of all, and the least and the greatest of them. */
export interface Spread {
  median: number;
  least: number;
  greatest: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: percentile(sorted, 50),
    least: sorted[0] ?? Number.NaN,
    greatest: sorted.at(-1) ?? Number.NaN,
  };
}

/** The spread of every measure over the rounds. */
export function spreadsOf<Round extends Record<keyof Round, number>>(
  rounds: readonly Round[],
): Record<keyof Round, Spread> {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Round)[];
  const spreads = names.map((name) => [name, spreadOf(rounds.map((round) => round[name]))] as const);
  return Object.fromEntries(spreads) as Record<keyof Round, Spread>;
}

/** @param sorted ascending. The value at the rank, between two neighbours where the rank falls between them. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const rank = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

const RESAMPLES = 2_000;

/** The range that holds 9 of 10 medians of as many values, drawn from these again and again (a bootstrap). */
export function medianRange(values: readonly number[]): [low: number, high: number] {
  const draw = () => values[Math.floor(Math.random() * values.length)] ?? Number.NaN;
  const medians = Array.from({ length: RESAMPLES }, () => spreadOf(values.map(draw)).median);
  medians.sort((a, b) => a - b);
  return [percentile(medians, 5), percentile(medians, 95)];
}
