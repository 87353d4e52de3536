/**
 * Simulated deployments with fixed seeds: ten operations, an upstream that fails and is slow in bursts, and a new version whose cache
 * begins cold. A step of a tenth is watched first, and then one of a half.
 */
import { describe, expect, test } from 'vitest';
import type { CanaryThresholds } from '../../../scripts/deploy/judge/canary-thresholds.ts';
import { looksOf } from '../../../scripts/deploy/judge/canary-thresholds.ts';
import { COMPARISONS_MIN, judge } from '../../../scripts/deploy/judge/judge.ts';
import { CANARY_THRESHOLDS } from '../../../scripts/deploy/rollout.ts';
import { type CanaryTraffic, canaryTraffic, operationOf } from '../../support/canary-traffic.ts';

const THRESHOLDS = CANARY_THRESHOLDS.production;
const OPERATION = operationOf(3);

type End = 'promote' | 'hold' | 'regress';

function step(traffic: CanaryTraffic, thresholds = THRESHOLDS): { end: End; named: Set<string> } {
  let looks = 0;
  for (const { oldSample, newSample } of canaryTraffic(traffic)) {
    looks += 1;
    const judgement = judge(oldSample, newSample, thresholds, traffic.share * 100);
    if (judgement.kind === 'regress')
      return {
        end: 'regress',
        named: new Set(judgement.regressions.map(({ operationId }) => operationId)),
      };
    const isLong = looks * thresholds.lookSeconds >= thresholds.minimumWatchSeconds;
    if (judgement.kind === 'promote' && isLong) break;
    if (looks === looksOf(thresholds)) return { end: 'hold', named: new Set() };
  }
  return { end: 'promote', named: new Set() };
}

type Drawn = Partial<Pick<CanaryTraffic, 'planted' | 'burstShare'>>;

/** The first step that is not promoted, or the last one. */
function deployment(seed: number, drawn: Drawn, thresholds: CanaryThresholds) {
  const traffic = { operations: 10, requestsALook: 200, burstShare: 0.1, ...drawn };
  const first = step({ ...traffic, seed, share: 0.1 }, thresholds);
  if (first.end !== 'promote') return first;
  return step({ ...traffic, seed: seed + 1_000, share: 0.5 }, thresholds);
}

const ends = (deployments: number, drawn: Drawn = {}, thresholds = THRESHOLDS) =>
  Array.from({ length: deployments }, (_, seed) => deployment(seed, drawn, thresholds));
const shareOf = (results: readonly { end: End }[], end: End) =>
  results.filter((result) => result.end === end).length / results.length;

describe('a version that is no worse', () => {
  test('is called a regression in 1 % of deployments at most, and is not held either', () => {
    const results = ends(100);
    expect(shareOf(results, 'regress')).toBeLessThanOrEqual(0.01);
    expect(shareOf(results, 'promote')).toBeGreaterThan(0.97);
  });

  test('would be called one more often, if each comparison were made at 5 % for itself', () => {
    const falseAlarmRate = 0.05 * COMPARISONS_MIN * looksOf(THRESHOLDS);
    expect(shareOf(ends(60, {}, { ...THRESHOLDS, falseAlarmRate }), 'regress')).toBeGreaterThan(0.05);
  });
});

describe('a version of which one operation of ten', () => {
  test.each([
    ['fails in 5 % of its executions, with a quiet upstream', { faultShare: 0.05 }, 0, 0.85],
    ['fails in 10 % of its executions', { faultShare: 0.1 }, 0.1, 0.8],
    ['fails in 20 % of its executions', { faultShare: 0.2 }, 0.1, 0.95],
    ['takes twice as long, with a quiet upstream', { slowerBy: 2 }, 0, 0.85],
    ['takes four times as long', { slowerBy: 4 }, 0.1, 0.95],
  ])('%s is not promoted, and is named', (_, fault, burstShare, least) => {
    const results = ends(30, { planted: { operationId: OPERATION, ...fault }, burstShare });
    expect(1 - shareOf(results, 'promote')).toBeGreaterThanOrEqual(least);
    expect(shareOf(results, 'regress')).toBeGreaterThanOrEqual(least - 0.05);
    const named = results.filter(({ end }) => end === 'regress').flatMap(({ named }) => [...named]);
    expect(new Set(named)).toEqual(new Set([OPERATION]));
  });
});
