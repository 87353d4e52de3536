import { expect, test } from 'vitest';
import type { DistinctAnswersResult } from '../../../bench/distinct-answers.ts';
import { JUDGED_PASSES } from '../../../bench/memory-passes.ts';
import { memorySection } from '../../../bench/print-memory.ts';

const MIB = 1024 * 1024;
const peaked = (mostMib: number): DistinctAnswersResult => ({
  operations: 10_000,
  bodyBytes: 170_000,
  startBytes: 150 * MIB,
  passes: Array.from({ length: JUDGED_PASSES }, () => ({
    peakBytes: mostMib * MIB,
    heldBytes: 40 * MIB,
    hits: 0,
  })),
});
const verdicts = (own: number, bare?: number) => {
  const [, row = []] = memorySection(peaked(own), bare === undefined ? undefined : peaked(bare)).rows;
  return row.slice(-2);
};

test('memory is within the limit up to 223 MiB, whatever a bare Worker takes', () => {
  expect(verdicts(223)).toEqual(['yes', 'yes']);
  expect(verdicts(224)).toEqual(['yes', 'no']);
  expect(verdicts(223, 200)).toEqual(['yes', 'yes']);
});

test('memory above the limit is within it where a bare Worker takes as much', () => {
  expect(verdicts(233, 233)).toEqual(['yes', 'yes']);
  expect(verdicts(234, 233)).toEqual(['yes', 'no']);
});

test('the most of the bare Worker stands beside, if it was measured', () => {
  const [heads = [], row = []] = memorySection(peaked(233), peaked(274)).rows;
  expect(row[heads.indexOf('a bare Worker: most')]).toBe('274.0 MiB');
  const [headsAlone = []] = memorySection(peaked(233)).rows;
  expect(headsAlone.at(-1)).toBe('at most 223 MiB');
});
