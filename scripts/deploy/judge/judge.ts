/**
 * Judges a new version of the Worker by the requests that it and the old one have answered meanwhile. Pure.
 *
 * A regression is certain: over all operations, figures and looks of a step together, a version that is no worse is called
 * one with the probability `falseAlarmRate` at most. A promotion needs enough requests, those of each frequent operation too, and no
 * figure in doubt. Everything between is held.
 */

import type { CanaryThresholds } from './canary-thresholds.ts';
import { looksOf } from './canary-thresholds.ts';
import { faultComparisons } from './compare-faults.ts';
import { latencyComparisons } from './compare-latency.ts';
import type { Comparison } from './comparison.ts';
import type { VersionSample } from './version-sample.ts';

/** Bonferroni's correction is for so many comparisons at least, so that one more operation changes no judgement of the others. */
const COMPARISONS_MIN = 512;
/** Of one look: such figures are in doubt, and nothing is promoted. */
const DOUBT_RATE = 0.05;
/** An operation with at least this share of the old version's requests must have been judged. */
const FREQUENT_SHARE = 0.02;
/** So many requests of the old version, and none of the new one. With a tenth of the traffic, chance gives that once in 10^9. */
const SILENT_AFTER_REQUESTS = 200;

export type HoldReason =
  | {
      kind: 'silent';
      requestsBefore: number /** Refusals, health checks and runs of jobs. */;
      counted: number;
    }
  | { kind: 'few-requests'; version: 'before' | 'now'; requests: number; needed: number }
  | {
      kind: 'unjudged-operation';
      operationId: string;
      requestsBefore: number;
      requests: number;
      refused: number;
      needed: number;
    }
  | { kind: 'doubt'; comparison: Comparison };

export type Judgement =
  | { kind: 'promote' }
  | { kind: 'hold'; reasons: readonly HoldReason[] }
  /** The surest first. */
  | { kind: 'regress'; regressions: readonly Comparison[] };

export function judge(before: VersionSample, now: VersionSample, thresholds: CanaryThresholds): Judgement {
  const { falseAlarmRate, operationMinimumRequests } = thresholds;
  const comparisons = [
    ...faultComparisons(before, now, operationMinimumRequests),
    ...latencyComparisons(before, now, operationMinimumRequests),
  ];
  const worse = comparisons
    .filter(({ isWorse }) => isWorse)
    .sort((left, right) => left.chance - right.chance);
  const certain = falseAlarmRate / looksOf(thresholds) / Math.max(COMPARISONS_MIN, comparisons.length);
  const regressions = worse.filter(({ chance }) => chance <= certain);
  if (regressions.length > 0) return { kind: 'regress', regressions };
  const doubts = worse
    .filter(({ chance }) => chance <= DOUBT_RATE / comparisons.length)
    .map((comparison): HoldReason => ({ kind: 'doubt', comparison }));
  const reasons = [...doubts, ...tooFewRequests(before, now, thresholds, comparisons)];
  return reasons.length === 0 ? { kind: 'promote' } : { kind: 'hold', reasons };
}

function tooFewRequests(
  before: VersionSample,
  now: VersionSample,
  { minimumRequests, operationMinimumRequests: needed }: CanaryThresholds,
  comparisons: readonly Comparison[],
): HoldReason[] {
  const requestsBefore = before.requests;
  if (now.requests === 0 && requestsBefore >= SILENT_AFTER_REQUESTS)
    return [{ kind: 'silent', requestsBefore, counted: now.counted }];
  if (minimumRequests === 0) return [];
  const reasons = (
    [
      ['before', before.requests],
      ['now', now.requests],
    ] as const
  )
    .filter(([, requests]) => requests < minimumRequests)
    .map(
      ([version, requests]): HoldReason => ({
        kind: 'few-requests',
        version,
        requests,
        needed: minimumRequests,
      }),
    );
  const judged = new Set(comparisons.map(({ operationId }) => operationId));
  const totals = now.totals();
  for (const [operationId, { count }] of before.totals()) {
    if (count < FREQUENT_SHARE * requestsBefore || judged.has(operationId)) continue;
    const { count: requests, refused } = totals.get(operationId) ?? { count: 0, refused: 0 };
    reasons.push({
      kind: 'unjudged-operation',
      operationId,
      requestsBefore: count,
      requests,
      refused,
      needed,
    });
  }
  return reasons;
}
