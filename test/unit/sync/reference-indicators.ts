/**
 * Indicators straight from their textbook definitions, written without the library and slowly: a mean is
 * summed anew for every day.
 */
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of the last closes; null where there are fewer. */
export function referenceAverage(closes: readonly number[], days: number): number | null {
  return closes.length < days ? null : mean(closes.slice(-days));
}

/** Wilder, New Concepts in Technical Trading Systems (1978): the first averages are means, later ones are smoothed. */
export function referenceRsi(closes: readonly number[], days = 14): number | null {
  const changes = closes.slice(1).map((close, index) => close - (closes[index] ?? Number.NaN));
  if (changes.length < days) return null;
  let gain = mean(changes.slice(0, days).map((change) => Math.max(change, 0)));
  let loss = mean(changes.slice(0, days).map((change) => Math.max(-change, 0)));
  for (const change of changes.slice(days)) {
    gain = (gain * (days - 1) + Math.max(change, 0)) / days;
    loss = (loss * (days - 1) + Math.max(-change, 0)) / days;
  }
  return loss === 0 ? 100 : 100 - 100 / (1 + gain / loss);
}

/** Every value of an exponential average that begins with the first value. */
export function exponentialAverages(values: readonly number[], days: number): number[] {
  const weight = 2 / (days + 1);
  const averages: number[] = [];
  for (const value of values) averages.push(value * weight + (averages.at(-1) ?? value) * (1 - weight));
  return averages;
}

/** Every value of an exponential average that begins with the mean of its first days, as charting tools do. */
function meanSeededAverages(values: readonly number[], days: number): number[] {
  const weight = 2 / (days + 1);
  const averages = [mean(values.slice(0, days))];
  for (const value of values.slice(days))
    averages.push(value * weight + (averages.at(-1) ?? 0) * (1 - weight));
  return averages;
}

export interface ReferenceMacd {
  value: number;
  signal: number;
  histogram: number;
}

/** The seed of the averages is the one thing on which sources differ; both are here. */
export function referenceMacd(closes: readonly number[], seed: 'first value' | 'mean'): ReferenceMacd | null {
  if (closes.length < 34) return null;
  const averages = seed === 'mean' ? meanSeededAverages : exponentialAverages;
  const slow = averages(closes, 26);
  const fast = averages(closes, 12);
  // The line begins where 26 closes are known.
  const length = closes.length - 25;
  const fastEnd = fast.slice(-length);
  const line = slow.slice(-length).map((value, index) => (fastEnd[index] ?? Number.NaN) - value);
  const value = line.at(-1) ?? Number.NaN;
  const signal = averages(line, 9).at(-1) ?? Number.NaN;
  return { value, signal, histogram: value - signal };
}
