import type { AlertRule } from '../rule.ts';
import { HOUR_SECONDS } from '../watched-time.ts';

/** Half of a sale is over, and few of those who registered through the edge have taken part. */
export const participation: AlertRule = {
  name: 'participation',
  runbook: 'participation',
  severity: 'ticket',
  windowSeconds: 0,
  holdSeconds: 0,
  // It is read once an hour.
  recoverySeconds: 3 * HOUR_SECONDS,
  minimum: 50,
  counted: 'registrations for the pool',
  inWords: (value) => `${(value * 100).toFixed(1)} % of those who registered`,
  breaches({ pools }, { threshold, minimum }) {
    if (pools === null) return null;
    return pools
      .filter(({ registered }) => registered >= minimum)
      .map(({ poolId, registered, participating }) => ({
        subject: poolId,
        value: participating / registered,
        summary: `Half of the sale of the pool ${poolId} is over, and ${participating} of ${registered} who registered have invested.`,
      }))
      .filter(({ value }) => value < threshold)
      .sort((left, right) => left.value - right.value);
  },
};
