import type { AlertRule } from '../rule.ts';

const common = {
  runbook: 'outbox',
  windowSeconds: 0,
  holdSeconds: 0,
  recoverySeconds: 120,
  minimum: 0,
  counted: '',
  inWords: (value: number) => `${Math.round(value / 60)} minutes`,
  breaches: (({ outboxes }, { threshold }) => {
    if (outboxes === null) return null;
    return outboxes
      .filter(({ waitingSeconds }) => waitingSeconds > threshold)
      .map(({ poolId, waitingSeconds }) => ({
        subject: poolId,
        value: waitingSeconds,
        summary: `The ledger of the pool ${poolId} has had something for the main API for ${Math.round(waitingSeconds / 60)} minutes.`,
      }))
      .sort((left, right) => right.value - left.value);
  }) satisfies AlertRule['breaches'],
};

/** A call to the main API has waited for some minutes. */
export const outbox: AlertRule = { ...common, name: 'outbox', severity: 'ticket' };

/** The same, for so long that somebody is woken. */
export const outboxPage: AlertRule = { ...common, name: 'outbox-page', severity: 'page' };
