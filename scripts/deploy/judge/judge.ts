/**
 * Judges a new version of the Worker by the requests that it and the old one have answered meanwhile. Pure.
 *
 * A regression is certain: over all operations, figures and looks of a step together, a version that is no worse is called
 * one with the probability `falseAlarmRate` at most. A promotion needs enough requests, those of each frequent operation too, and no
 * figure in doubt. Everything between is held.
 */

import { type CanaryThresholds, looksOf } from './canary-thresholds.ts';
import { type FaultComparison, faultComparisons } from './compare-faults.ts';
import { latencyComparisons } from './compare-latency.ts';
import { refusalComparisons } from './compare-refusals.ts';
import type { Comparison } from './comparison.ts';
import type { VersionSample } from './version-sample.ts';

/** Bonferroni's correction is for so many comparisons at least, so that one more operation changes no judgement of the others. */
export const COMPARISONS_MIN = 128;
/** A worse figure that chance gives so rarely is in doubt, and nothing is promoted. */
const DOUBT_CHANCE = 0.01;
/** An operation with at least this share of the old version's requests must have been judged: what is executed, and what is cached. */
const FREQUENT_SHARE = 0.03;
/** So many requests of the old version, and none of the new one. With a tenth of the traffic, chance gives that once in 10^9. */
const SILENT_AFTER_REQUESTS = 200;
/** The shares of the traffic let expect so many requests of the new version, and chance gives half or less once in 10^8. */
const EXPECTED_REQUESTS_MIN = 200;
const COUNTED_SHARE_MIN = 0.5;

/** A reason against a promotion. */
export type HoldReason =
  /** `counted` has jobs, health checks and refusals too. */
  | { kind: 'silent'; oldRequests: number; counted: number }
  | { kind: 'few-requests'; version: 'old' | 'new'; requests: number; needed: number }
  /** With refusals, of one operation or of all. */
  | {
      kind: 'lost';
      operationId: string | null;
      oldRequests: number;
      newRequests: number;
      expected: number;
    }
  | { kind: 'unjudged'; comparison: FaultComparison; needed: number }
  | { kind: 'doubt'; comparison: Comparison };

export type Judgement =
  | { kind: 'promote' }
  | { kind: 'hold'; reasons: readonly HoldReason[] }
  /** The surest first. */
  | { kind: 'regress'; regressions: readonly Comparison[] };

/** @param percent of the requests that the new version gets, above 0 and below 100 */
export function judge(
  oldSample: VersionSample,
  newSample: VersionSample,
  thresholds: CanaryThresholds,
  percent: number,
): Judgement {
  const needed = thresholds.operationMinimumRequests;
  const faults = faultComparisons(oldSample, newSample, needed);
  const others = [
    ...latencyComparisons(oldSample, newSample, needed),
    ...refusalComparisons(oldSample, newSample),
  ];
  const comparisons = [...faults, ...others];
  const worse = comparisons
    .filter(({ isWorse }) => isWorse)
    .sort((left, right) => left.chance - right.chance);
  const judged = comparisons.filter(({ mayRegress }) => mayRegress).length;
  const certain = thresholds.falseAlarmRate / looksOf(thresholds) / Math.max(COMPARISONS_MIN, judged);
  const regressions = worse.filter(({ chance, mayRegress }) => mayRegress && chance <= certain);
  if (regressions.length > 0) return { kind: 'regress', regressions };
  const reasons = worse
    .filter(({ chance }) => chance <= DOUBT_CHANCE)
    .map((comparison): HoldReason => ({ kind: 'doubt', comparison }));
  reasons.push(
    ...lostRequests(oldSample, newSample, percent),
    ...tooFewRequests(oldSample, newSample, thresholds, faults),
  );
  return reasons.length === 0 ? { kind: 'promote' } : { kind: 'hold', reasons };
}

/**
 * A request is not counted if it ends with its isolate, as one that computes for too long or needs too much memory. Others in
 * the isolate are lost with it.
 */
function lostRequests(oldSample: VersionSample, newSample: VersionSample, percent: number): HoldReason[] {
  if (newSample.requests === 0) return [];
  const [oldCounts, newCounts] = [oldSample.byOperation(), newSample.byOperation()];
  const lostOf = (operationId: string | null, oldRequests: number, newRequests: number): HoldReason[] => {
    const expected = (oldRequests * percent) / (100 - percent);
    if (expected < EXPECTED_REQUESTS_MIN || newRequests >= COUNTED_SHARE_MIN * expected) return [];
    return [{ kind: 'lost', operationId, oldRequests, newRequests, expected }];
  };
  const ofAll = lostOf(null, sumOf(oldCounts), sumOf(newCounts));
  if (ofAll.length > 0) return ofAll;
  return [...oldCounts].flatMap(([id, requests]) => lostOf(id, requests, newCounts.get(id) ?? 0));
}

const sumOf = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

function tooFewRequests(
  oldSample: VersionSample,
  newSample: VersionSample,
  { minimumRequests, operationMinimumRequests: needed }: CanaryThresholds,
  faults: readonly FaultComparison[],
): HoldReason[] {
  const oldRequests = oldSample.requests;
  if (newSample.requests === 0 && oldRequests >= SILENT_AFTER_REQUESTS)
    return [{ kind: 'silent', oldRequests, counted: newSample.counted }];
  if (minimumRequests === 0) return [];
  const totals: HoldReason[] = [
    { kind: 'few-requests', version: 'old', requests: oldRequests, needed: minimumRequests },
    { kind: 'few-requests', version: 'new', requests: newSample.requests, needed: minimumRequests },
  ];
  const unjudged = faults.filter(
    (comparison) => !comparison.mayRegress && comparison.oldRequests >= FREQUENT_SHARE * oldRequests,
  );
  return [
    ...totals.filter((reason) => reason.kind === 'few-requests' && reason.requests < reason.needed),
    ...unjudged.map((comparison): HoldReason => ({ kind: 'unjudged', comparison, needed })),
  ];
}
