/** The rule that bounds attempts of one kind: at most `max` within a window, as their times alone tell. */
export interface AttemptRule {
  max: number;
  windowMs: number;
  /** After `max` attempts within a window, the time in which no other begins; 0 if the window itself is the bound. */
  lockMs: number;
}

/**
 * When the next attempt may begin, in Unix milliseconds; 0 if nothing speaks against it.
 *
 * @param newestFirst the times of the last `max` attempts, or of all if there are fewer
 */
export function freeAtMs(newestFirst: readonly number[], { max, windowMs, lockMs }: AttemptRule): number {
  const newest = newestFirst[0];
  const oldest = newestFirst[max - 1];
  if (newest === undefined || oldest === undefined) return 0;
  const windowEndMs = oldest + windowMs;
  return newest < windowEndMs ? Math.max(windowEndMs, newest + lockMs) : 0;
}
