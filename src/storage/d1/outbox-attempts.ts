/** The times of attempts to send a row of an outbox, as SQL: `?1` is the time now. */

/** A call, and the answer to it, take less than this: until then no other run sends the same row. */
const FIRST_PAUSE_SECONDS = 60;
const DOUBLINGS_MAX = 4;
/** A row that is due later than this was written before the clock was set back. */
const DUE_WITHIN_SECONDS = FIRST_PAUSE_SECONDS * 2 ** DOUBLINGS_MAX + 60;

export const NEXT_ATTEMPT_SQL = `?1 + (${FIRST_PAUSE_SECONDS} << min(attempts, ${DOUBLINGS_MAX}))`;
export const IS_DUE_SQL = `(next_attempt_at <= ?1 OR next_attempt_at > ?1 + ${DUE_WITHIN_SECONDS})`;
