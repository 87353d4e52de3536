/** The limits of rooms, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

/** Grapheme clusters of the normal form (Unicode Standard Annex 29): an emoji family is one. */
export const CHAT_MESSAGE_MAX_CHARACTERS = 500;
/** Some clusters have many bytes, so the message is bounded in UTF-8 too. */
export const CHAT_MESSAGE_MAX_BYTES = 4_096;
export const CHAT_MESSAGE_MAX_LINES = 10;
/** A younger account's messages are held back until a moderator has released one of them in the room. */
export const CHAT_YOUNG_ACCOUNT_SECONDS = 86_400;
/** A room keeps this many messages, */
export const CHAT_MESSAGES_MAX = 10_000;
/** and none that is older. */
export const CHAT_MESSAGE_MAX_AGE_SECONDS = 90 * 86_400;
/** Reports by so many accounts hold a message back. */
export const CHAT_REPORTS_TO_HOLD = 3;
export const CHAT_REASON_MAX_CHARACTERS = 500;
export const CHAT_MUTATION_ID_MAX_CHARACTERS = 255;
export const CHAT_SLOW_MODE_MAX_SECONDS = 3_600;
/** The last changes that a room, and a hub for each room, keep for subscriptions that resume. */
export const CHAT_CHANGES_KEPT = 300;
/** Changes that wait for a hub which does not take them: the oldest ones are dropped, and the hub is told. */
export const CHAT_CHANGES_UNDELIVERED_MAX = 2 * CHAT_CHANGES_KEPT;
/** After a gap a subscription is sent so many messages, the newest. */
export const CHAT_GAP_MESSAGES = 50;
/** A room that has not answered by then has failed: the caller says that it is safe to repeat. */
export const CHAT_CALL_TIMEOUT_MS = 5_000;
/** The same call may be sent again after this time. */
export const CHAT_RETRY_SECONDS = 2;
/** The least time between two deliveries that have failed. */
export const CHAT_RETRY_MS = 1_000;
/** Each delivery to a hub that fails doubles that time, up to this one. */
export const CHAT_RETRY_MAX_MS = 60_000;
/** The number of watchers is asked for this often at most. */
export const CHAT_WATCHING_SECONDS = 15;
/** Acts of moderation in one page of a room's record. */
export const CHAT_RECORD_PAGE_ACTS = 500;
/** Rows of a room in one page of a backup: a megabyte at most. */
export const CHAT_EXPORT_PART_ROWS = 200;
/** Authors that one run of the job `chat-authors` tells their rooms of, */
export const CHAT_AUTHORS_PER_RUN = 1_000;
/** in calls of so many, */
export const CHAT_AUTHORS_PER_CALL = 100;
/** and none of them begins later than this: the minute's other jobs wait. */
export const CHAT_AUTHORS_RUN_MS = 15_000;
