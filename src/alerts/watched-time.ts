/**
 * The time that the alerts have watched, in seconds. Windows, holds and recoveries are measured in it.
 *
 * It goes on by what has passed since the last look, and by two minutes at most. A clock that jumps ahead or back therefore
 * empties no window and lets no hold run out, and neither does a day on which no cron ran: the last hour is the last hour
 * that was watched.
 */
export const MINUTE_SECONDS = 60;
export const HOUR_SECONDS = 3_600;
const STEP_MAX_SECONDS = 120;

/** @param lastSeconds Unix seconds of the last look; null before the first */
export function watchedSecondsSince(lastSeconds: number | null, nowSeconds: number): number {
  if (lastSeconds === null) return 0;
  return Math.min(Math.max(nowSeconds - lastSeconds, 0), STEP_MAX_SECONDS);
}
