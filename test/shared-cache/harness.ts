/** What the harness's Worker and its tests have agreed on. */

/** The header that names who asked the gateway for an answer. */
export const ASKED_BY = 'x-harness-asked-by';

/** POST the seconds to put the gateway's clock forward by. */
export const CLOCK_PATH = '/harness/clock';

/**
 * - `scope`: what is private is said to be anybody's.
 * - `scope and viewer`: and what is anybody's is made for whoever asks.
 * - `headers`: every answer may be kept.
 * - `validator`: whatever a client holds is said to be current.
 */
export const BREAKAGES = ['scope', 'scope and viewer', 'headers', 'validator'] as const;
export type Breakage = (typeof BREAKAGES)[number];
