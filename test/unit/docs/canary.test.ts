import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CanaryThresholds } from '../../../scripts/deploy/judge/canary-thresholds.ts';
import { CANARY_THRESHOLDS } from '../../../scripts/deploy/rollout.ts';

const [, section = ''] = /\n## The canary\n(.*?)\n## /s.exec(readFileSync('docs/operating.md', 'utf8')) ?? [];

const NUMBERS = new Intl.NumberFormat('en-US');

function durationOf(seconds: number): string {
  const [value, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return `${value} ${unit}${value === 1 ? '' : 's'}`;
}
const countOf = (requests: number) => (requests === 0 ? 'none' : NUMBERS.format(requests));

const ROWS: Record<string, (thresholds: CanaryThresholds) => string> = {
  'a look every': ({ lookSeconds }) => durationOf(lookSeconds),
  'no promotion before': ({ minimumWatchSeconds }) => durationOf(minimumWatchSeconds),
  'held after': ({ watchSeconds }) => durationOf(watchSeconds),
  'requests that each version needs': ({ minimumRequests }) => countOf(minimumRequests),
  'requests that both need to compare an operation with one cache result': (thresholds) =>
    countOf(thresholds.operationMinimumRequests),
};

test('docs/operating.md has the numbers by which a new version is watched', () => {
  const { production, staging } = CANARY_THRESHOLDS;
  for (const [name, textOf] of Object.entries(ROWS))
    expect(section).toContain(`\n| ${name} | ${textOf(production)} | ${textOf(staging)} |\n`);
  for (const { falseAlarmRate } of [production, staging])
    expect(section).toContain(`probability of ${falseAlarmRate * 100} % at most`);
});
