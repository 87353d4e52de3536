import type { AlertRule } from '../rule.ts';
import { HOUR_SECONDS } from '../watched-time.ts';

const RECOVERY_MIN_SECONDS = 600;
/** The end of a job of the night is not told days late. */
const RECOVERY_MAX_SECONDS = 6 * HOUR_SECONDS;

/** A job has had no complete run for several of its intervals: it is late, fails, or leaves records out. */
export const sync: AlertRule = {
  name: 'sync',
  runbook: 'sync',
  severity: 'ticket',
  windowSeconds: 0,
  holdSeconds: 0,
  recoverySeconds: RECOVERY_MIN_SECONDS,
  /** One complete run is no end of it: if those after it fail, the job is late again after `threshold` intervals. */
  recoverySecondsOf(subject, { jobs }, threshold) {
    const { intervalSeconds = 0 } = jobs?.find(({ name }) => name === subject) ?? {};
    const seconds = Math.max(RECOVERY_MIN_SECONDS, (threshold + 1) * intervalSeconds);
    return Math.min(seconds, RECOVERY_MAX_SECONDS);
  },
  minimum: 0,
  counted: '',
  inWords: (value) => `${value.toFixed(1)} intervals without a complete run`,
  breaches({ jobs }, { threshold }) {
    if (jobs === null) return null;
    return jobs
      .map(({ name, intervalSeconds, notOkSeconds, outcome, firstError }) => ({
        subject: name,
        value: notOkSeconds / intervalSeconds,
        summary: `The job ${name} has had no complete run for ${Math.round(notOkSeconds / 60)} minutes; ${latest(outcome, firstError)}.`,
      }))
      .filter(({ value }) => value > threshold)
      .sort((left, right) => right.value - left.value);
  },
};

function latest(outcome: string | null, firstError: string | null): string {
  if (outcome === null) return 'none has ended';
  return firstError === null ? `the latest was ${outcome}` : `the latest was ${outcome}: ${firstError}`;
}
