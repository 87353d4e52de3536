/** Limits of what an isolate counts between two rows of D1, and of what it reads of them. */

/** Cells of one row: operations × client releases × hours × outcomes × cache results. */
export const REQUEST_CELLS_MAX = 500;
/** Names in one row that clients give themselves and no release bears: the most frequent ones. */
export const OTHER_CLIENTS_MAX = 100;
/** Such names that are watched, so that the most frequent ones are known. */
export const OTHER_CLIENTS_WATCHED = 200;
/** Refusals of one row that keep their ids and names: the most frequent ones, by reason, day, client and id. */
export const REFUSALS_NAMED_MAX = 100;
/** Such refusals that are watched, so that the most frequent ones are known. */
export const REFUSALS_WATCHED = 150;
/** Close codes of sockets that are told apart; others count as `other`. */
export const CLOSE_CODES_COUNTED = 30;
/** The platform's limit for the index of a point (developers.cloudflare.com/analytics/analytics-engine/limits). */
export const POINT_INDEX_MAX_BYTES = 96;
/** The least time between two lines of the log about points that cannot be written. */
export const POINT_FAILURE_LOG_PAUSE_MS = 60_000;
/** Cells that an answer of `/admin/metrics` is made of: groups × cache results. Each takes about a kilobyte of memory. */
export const METRICS_ANSWER_CELLS_MAX = 25_000;
