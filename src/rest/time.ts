/** Unix seconds of an RFC 3339 instant; null for null. */
export function secondsOf(instant: string): number;
export function secondsOf(instant: string | null): number | null;
export function secondsOf(instant: string | null): number | null {
  return instant === null ? null : Math.floor(Date.parse(instant) / 1000);
}

/** Unix milliseconds of the newest of some RFC 3339 instants; null for none. */
export const newestMs = (instants: readonly string[]): number | null =>
  instants.length === 0 ? null : Math.max(...instants.map((instant) => Date.parse(instant)));
