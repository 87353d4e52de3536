/** Rows that an hour writes to D1 whoever asks: those of crons, and those of the counts of isolates. */

export interface HourOfRows {
  /** A run of the minute's cron on an idle gateway with 30 symbols. */
  minuteCron: number;
  /** A run of the hour's cron on the same gateway. */
  hourCron: number;
  /** The rows of 120 isolates, one a minute each, and the folds that add them up. */
  counts: number;
}

/**
 * `test/flows/usage-folding.test.ts` counts them: crons in each run, and counts where its `isolates` are 120 and its
 * `requestsAMinute` 10. Syncs every five and fifteen minutes write as much as the main API changes, and are left out.
 */
export const D1_ROWS_WRITTEN: HourOfRows = { minuteCron: 74, hourCron: 141, counts: 15_841 };

/** The same of commit d202b87, whose isolates counted uses and refusals alone and which had no alerts. */
export const D1_ROWS_WRITTEN_BEFORE_METRICS: HourOfRows = { minuteCron: 55, hourCron: 106, counts: 15_480 };

export const rowsOfMonth = ({ minuteCron, hourCron, counts }: HourOfRows): number =>
  30 * 24 * (60 * minuteCron + hourCron + counts);
