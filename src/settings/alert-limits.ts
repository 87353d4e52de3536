/** The limits of notices to people, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

export const NOTICE_SEND_TIMEOUT_MS = 10_000;
/** Notices sent at once in one run, to all channels: the platform allows 6 connections. */
export const NOTICES_AT_ONCE = 5;
/** The pauses are 1, 2, 4, 8 and then 16 minutes: together a day. */
export const NOTICE_ATTEMPTS_MAX = 92;
/** The longest pause that a channel may ask for. */
export const NOTICE_RETRY_AFTER_MAX_SECONDS = 900;
/** The shown length of a name or text that somebody else has chosen, in Unicode characters. */
export const NOTICE_TEXT_MAX_CHARACTERS = 200;
/** The part of a channel's answer that is read. */
export const NOTICE_ANSWER_MAX_BYTES = 4_096;
export const NOTIFICATIONS_KEPT_DAYS = 30;
export const SILENCE_MAX_SECONDS = 7 * 86_400;
/** Minutes of the cron: one query that fails wakes nobody. */
export const D1_DOWN_AFTER_FAILURES = 2;
export const D1_UP_AFTER_ANSWERS = 2;
/** Until D1 answers the minute's cron. */
export const D1_PROBE_TIMEOUT_MS = 5_000;
