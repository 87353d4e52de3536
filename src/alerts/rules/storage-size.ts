import type { AlertRule } from '../rule.ts';
import { HOUR_SECONDS } from '../watched-time.ts';

/**
 * D1 or the ledger of a pool comes close to the size at which the platform refuses writes. Ledgers keep their entries for
 * ever; limits keep the other objects far below it.
 */
export const storageSize: AlertRule = {
  name: 'storage-size',
  runbook: 'storage-size',
  severity: 'ticket',
  windowSeconds: 0,
  holdSeconds: 0,
  // It is read once an hour.
  recoverySeconds: 3 * HOUR_SECONDS,
  minimum: 0,
  counted: '',
  inWords: (value) => `${(value * 100).toFixed(1)} % of the platform's limit`,
  breaches({ sizes }, { threshold }) {
    if (sizes === null) return null;
    return sizes
      .map(({ name, bytes, maxBytes }) => ({
        subject: name,
        value: bytes / maxBytes,
        summary: `${name} has ${(bytes / 1e9).toFixed(2)} GB of ${(maxBytes / 1e9).toFixed(0)} GB.`,
      }))
      .filter(({ value }) => value > threshold)
      .sort((left, right) => right.value - left.value);
  },
};
