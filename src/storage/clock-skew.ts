/**
 * The clocks of two isolates differ by less. A stored time that is further ahead of the present one was written before the
 * clock was set back.
 */
export const CLOCK_SKEW_MAX_SECONDS = 60;
