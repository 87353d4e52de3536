import type { AlertRule } from '../rule.ts';
import { HOUR_SECONDS } from '../watched-time.ts';

/** At the rate of the last days, the month costs more than its budget. */
export const bill: AlertRule = {
  name: 'bill',
  runbook: 'bill',
  severity: 'ticket',
  windowSeconds: 0,
  holdSeconds: HOUR_SECONDS,
  recoverySeconds: 6 * HOUR_SECONDS,
  minimum: 0,
  counted: '',
  inWords: (value) => `${value.toFixed(2)} dollars a month`,
  breaches({ forecastDollars }, { threshold }) {
    if (forecastDollars === null) return null;
    if (forecastDollars <= threshold) return [];
    const summary = `The month will cost ${forecastDollars.toFixed(2)} dollars if it goes on like this.`;
    return [{ subject: '', value: forecastDollars, summary }];
  },
};
