/**
 * The error budget burns: too many requests fail by the gateway's fault or upstream's.
 *
 * Windows and rates are those of "Alerting on SLOs", chapter 5 of Google's Site Reliability Workbook, approach 6: the long
 * window shows that it matters, the short one that it still goes on, and both must burn.
 */
import type { Facts } from '../facts.ts';
import type { AlertRule, RuleLimits } from '../rule.ts';
import { HOUR_SECONDS, MINUTE_SECONDS } from '../watched-time.ts';
import { type Slot, sumOfHours, sumOfMinutes, type Windows, worstOf } from '../windows.ts';

/** 99.9 % of requests shall not fail. */
export const ERROR_BUDGET_SHARE = 0.001;

type SumOf = (windows: Windows, watchedSeconds: number) => Slot;

interface BurnWindows {
  /** The short one in words: for the message. */
  inWords: string;
  long: SumOf;
  short: SumOf;
  /** Judged from this watched time on: a window of hours says nothing after its first minute. */
  afterSeconds: number;
}

const minutes =
  (count: number): SumOf =>
  (windows, watchedSeconds) =>
    sumOfMinutes(windows, watchedSeconds, count);
const hours =
  (count: number): SumOf =>
  (windows, watchedSeconds) =>
    sumOfHours(windows, watchedSeconds, count);

const burnRate = ({ requests, faults }: Slot) =>
  requests === 0 ? 0 : faults / requests / ERROR_BUDGET_SHARE;

const burns =
  (windows: BurnWindows) =>
  ({ requests, watchedSeconds }: Facts, { threshold, minimum }: RuleLimits) => {
    if (requests === null || watchedSeconds < windows.afterSeconds) return null;
    const [long, short] = [windows.long(requests, watchedSeconds), windows.short(requests, watchedSeconds)];
    const value = burnRate(long);
    if (long.requests < minimum || value < threshold || burnRate(short) < threshold) return [];
    const summary = `${short.faults} of ${short.requests} requests that reached the Worker failed in ${windows.inWords}.`;
    return [{ subject: '', value, summary, worst: worstOf(short) }];
  };

const common = {
  counted: 'requests',
  inWords: (value: number) => `${value.toFixed(1)} × the rate that the error budget allows`,
};

export const errorBudgetFast: AlertRule = {
  ...common,
  name: 'error-budget-fast',
  runbook: 'error-budget-fast',
  severity: 'page',
  windowSeconds: HOUR_SECONDS,
  holdSeconds: 0,
  recoverySeconds: 300,
  minimum: 200,
  breaches: burns({
    ...{ inWords: 'the last 5 minutes', long: minutes(60), short: minutes(5) },
    // An outage of a gateway that has just begun pages at once.
    afterSeconds: 0,
  }),
};

export const errorBudgetSlow: AlertRule = {
  ...common,
  name: 'error-budget-slow',
  runbook: 'error-budget-slow',
  severity: 'page',
  windowSeconds: 6 * HOUR_SECONDS,
  holdSeconds: 0,
  recoverySeconds: 900,
  minimum: 500,
  breaches: burns({
    ...{ inWords: 'the last 30 minutes', long: hours(6), short: minutes(30) },
    afterSeconds: 30 * MINUTE_SECONDS,
  }),
};

export const errorBudgetTicket: AlertRule = {
  ...common,
  name: 'error-budget-ticket',
  runbook: 'error-budget-ticket',
  severity: 'ticket',
  windowSeconds: 72 * HOUR_SECONDS,
  holdSeconds: 0,
  recoverySeconds: HOUR_SECONDS,
  minimum: 1_000,
  breaches: burns({
    ...{ inWords: 'the last 6 hours', long: hours(72), short: hours(6) },
    afterSeconds: 6 * HOUR_SECONDS,
  }),
};
