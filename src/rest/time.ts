/** Unix seconds of an RFC 3339 instant; null for null. */
export function secondsOf(instant: string): number;
export function secondsOf(instant: string | null): number | null;
export function secondsOf(instant: string | null): number | null {
  return instant === null ? null : Math.floor(Date.parse(instant) / 1000);
}
