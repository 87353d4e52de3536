/** The times of the watch of one step of a deployment, and the requests that it needs before the new version gets more traffic. */
export interface CanaryThresholds {
  /** Seconds between two looks at the counted requests. */
  lookSeconds: number;
  /** There is no promotion earlier: isolates write what they counted once a minute. */
  minimumWatchSeconds: number;
  /** The step is held if nothing is decided after so many seconds. */
  watchSeconds: number;
  /** Requests that each of the two versions needs. 0: the new version is promoted without requests too. */
  minimumRequests: number;
  /** Requests that each version needs of one operation with one cache result before the two are compared. */
  operationMinimumRequests: number;
  /** The probability, from 0 to 1, that a version which is no worse is called a regression while one step is watched. */
  falseAlarmRate: number;
}

/** The number of looks at one step: time is counted in them, so no clock that is set can end a step or prolong it. */
export const looksOf = ({ lookSeconds, watchSeconds }: CanaryThresholds): number =>
  Math.max(1, Math.ceil(watchSeconds / lookSeconds));
