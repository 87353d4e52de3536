/** The registration of every rule. `d1-down` and `nothing-reported` are none: D1 cannot be asked about them. */
import { ALERT_DEFAULT_THRESHOLDS, type AlertThresholds } from '../settings/alert-thresholds.ts';
import type { AlertRule } from './rule.ts';
import { bill } from './rules/bill.ts';
import { cacheHitRate } from './rules/cache-hit-rate.ts';
import { d1Slow } from './rules/d1-slow.ts';
import { errorBudgetFast, errorBudgetSlow, errorBudgetTicket } from './rules/error-budget.ts';
import { isolateMemory } from './rules/isolate-memory.ts';
import { ledgerDisagrees } from './rules/ledger-disagrees.ts';
import { outbox, outboxPage } from './rules/outbox.ts';
import { participation } from './rules/participation.ts';
import { refusedOperations } from './rules/refused-operations.ts';
import { registrations } from './rules/registrations.ts';
import { slowOperation } from './rules/slow-operation.ts';
import { storageSize } from './rules/storage-size.ts';
import { sync } from './rules/sync.ts';
import { transactions } from './rules/transactions.ts';

export const ALERT_RULES: readonly AlertRule[] = [
  errorBudgetFast,
  errorBudgetSlow,
  errorBudgetTicket,
  slowOperation,
  cacheHitRate,
  sync,
  outbox,
  outboxPage,
  ledgerDisagrees,
  transactions,
  registrations,
  participation,
  refusedOperations,
  bill,
  storageSize,
  d1Slow,
  isolateMemory,
];

/** Null: the rule is off. */
export function thresholdInForce(
  rule: AlertRule,
  thresholds: AlertThresholds,
  hasCacheInFront: boolean,
): number | null {
  const own = thresholds[rule.name];
  if (own !== undefined) return own;
  return hasCacheInFront && rule.isOffWithCacheInFront === true ? null : ALERT_DEFAULT_THRESHOLDS[rule.name];
}
