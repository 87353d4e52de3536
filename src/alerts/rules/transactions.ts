import type { AlertRule } from '../rule.ts';
import { HOUR_SECONDS } from '../watched-time.ts';
import { MINUTES_KEPT, sumOfMinutes } from '../windows.ts';

/** Too many payments fail that users have submitted. A reservation that runs out unpaid is none. */
export const transactions: AlertRule = {
  name: 'transactions',
  runbook: 'transactions',
  severity: 'ticket',
  windowSeconds: HOUR_SECONDS,
  holdSeconds: 0,
  recoverySeconds: 600,
  minimum: 20,
  counted: 'payments',
  inWords: (value) => `${(value * 100).toFixed(1)} % of payments`,
  breaches({ payments: windows, watchedSeconds }, { threshold, minimum }) {
    if (windows === null) return null;
    const { paymentsConfirmed, paymentsFailed } = sumOfMinutes(windows, watchedSeconds, MINUTES_KEPT);
    const payments = paymentsConfirmed + paymentsFailed;
    if (payments < minimum || paymentsConfirmed / payments >= threshold) return [];
    const summary = `${paymentsFailed} of ${payments} payments failed in the last hour.`;
    return [{ subject: '', value: paymentsConfirmed / payments, summary }];
  },
};
