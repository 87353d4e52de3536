/** The limits of reports, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

/** A link to a report: seven days. */
export const REPORT_LINK_SECONDS = 604_800;
/** A year and a month, so that a month can be compared with the same one of the year before. */
export const REPORTS_KEPT_DAYS = 400;
/** The nights that failed, of which the next night makes the reports too. */
export const REPORTS_MADE_LATE_MAX_DAYS = 7;
/** After midnight: an isolate writes its counts once a minute, so those of the day's last minute are there by then. */
export const REPORT_WAITS_SECONDS = 120;
/** `Retry-After` of a report that cannot be read now. */
export const REPORT_RETRY_SECONDS = 5;
