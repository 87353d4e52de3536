/** From which value on each alert rule is broken. The var `ALERT_THRESHOLDS` replaces some of them. */
import * as z from 'zod';
import { parseJson } from './json-setting.ts';

/** By rule, in the unit of the rule: `src/alerts/rules/` says of what. */
export const ALERT_DEFAULT_THRESHOLDS = {
  /** Times the rate at which the error budget of 30 days is used up in 30 days. */
  'error-budget-fast': 14.4,
  'error-budget-slow': 6,
  'error-budget-ticket': 1,
  /** Milliseconds of the 95th percentile; the 99th has twice as many. */
  'slow-operation': 500,
  /** A share; with a cache in front of the gateway the rule is off. */
  'cache-hit-rate': 0.8,
  /** Intervals of the job. */
  sync: 3,
  /** Seconds. */
  outbox: 300,
  'outbox-page': 1_800,
  /** Notices in a day. */
  'ledger-disagrees': 1,
  /** A share. */
  transactions: 0.95,
  /** In an hour. */
  registrations: 100,
  /** A share. */
  participation: 0.05,
  /** A share. */
  'refused-operations': 0.01,
  /** Dollars a month: the platform's own estimate. */
  bill: 59,
  /** A share of the platform's limit. */
  'storage-size': 0.8,
  /** Milliseconds of the 95th percentile. */
  'd1-slow': 1_000,
  /** A share of the isolate's budget. */
  'isolate-memory': 0.85,
} as const;

export type AlertRuleName = keyof typeof ALERT_DEFAULT_THRESHOLDS;

/** Null turns a rule off. */
export type AlertThresholds = { readonly [Rule in AlertRuleName]?: number | null | undefined };

const RULE_NAMES = Object.keys(ALERT_DEFAULT_THRESHOLDS) as [AlertRuleName, ...AlertRuleName[]];

const thresholdsSchema = z.partialRecord(z.enum(RULE_NAMES), z.number().positive().nullable());

/** Unset and empty mean that every rule has its default. */
export const alertThresholdsSchema = z
  .string()
  .default('')
  .transform((json, context): AlertThresholds => {
    if (json.trim() === '') return {};
    const parsed = thresholdsSchema.safeParse(parseJson(json));
    if (parsed.success) return parsed.data;
    context.addIssue({
      code: 'custom',
      message: 'must be JSON such as {"bill": 100, "registrations": null}, with names of alert rules',
    });
    return z.NEVER;
  });
