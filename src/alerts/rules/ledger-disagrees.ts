import type { AlertRule } from '../rule.ts';

/** A ledger, D1 and the main API have different figures. Each pool has an alert of its own, which is over a day after the last notice. */
export const ledgerDisagrees: AlertRule = {
  name: 'ledger-disagrees',
  runbook: 'ledger-disagrees',
  severity: 'page',
  windowSeconds: 86_400,
  holdSeconds: 0,
  recoverySeconds: 1_800,
  minimum: 0,
  counted: '',
  inWords: (value) => `${value} ${value === 1 ? 'notice' : 'notices'} in a day`,
  breaches({ notices }, { threshold }) {
    if (notices === null) return null;
    const pools = Map.groupBy(notices, ({ poolId }) => poolId);
    return [...pools]
      .map(([poolId, ofPool]) => ({
        subject: poolId,
        value: ofPool.reduce((sum, each) => sum + each.notices, 0),
        summary: `The ledger of the pool ${poolId}, D1 and the main API disagree: ${ofPool.map(({ kind }) => kind).join(', ')}.`,
      }))
      .filter(({ value }) => value >= threshold)
      .sort((left, right) => right.value - left.value);
  },
};
