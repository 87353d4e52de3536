import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  CPU_MEASURED_ON,
  cpuMsOf,
  kindOf,
  LONG_ANSWER_KIBIBYTES,
  REQUEST_CPU,
  SHORT_ANSWER_KIBIBYTES,
} from '../../../src/metrics/request-cpu.ts';

const page = readFileSync('docs/performance.md', 'utf8');

/** The CPU and the body of a scenario in the two tables over HTTP: the list with short answers, and with long ones. */
function measuredRows(row: string): { microseconds: number; body: string }[] {
  const cells = page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(({ length, 1: name }) => length === 8 && name === row);
  return cells.map(([, , , cpu = '', , , body = '']) => ({ microseconds: Number.parseInt(cpu, 10), body }));
}

test.each(Object.entries(REQUEST_CPU))('the CPU of %s is what the benchmark has measured', (kind, cpu) => {
  const rows = measuredRows(cpu.row);
  expect(rows.map(({ microseconds }) => microseconds)).toEqual([cpu.shortMicroseconds, cpu.longMicroseconds]);
  if (kind === 'refused') return;
  expect(rows.map(({ body }) => body)).toEqual([
    `${SHORT_ANSWER_KIBIBYTES.toFixed(1)} KiB`,
    `${LONG_ANSWER_KIBIBYTES.toFixed(1)} KiB`,
  ]);
});

test('the figures are of the day that the page names', () => {
  expect(page).toContain(`Measured ${CPU_MEASURED_ON} on `);
});

test('a request with the measured answer costs the measured CPU', () => {
  for (const kind of ['hit', 'executed'] as const) {
    expect(cpuMsOf(kind, 2, 2 * SHORT_ANSWER_KIBIBYTES * 1024)).toBeCloseTo(
      (2 * REQUEST_CPU[kind].shortMicroseconds) / 1000,
    );
    expect(cpuMsOf(kind, 3, 3 * LONG_ANSWER_KIBIBYTES * 1024)).toBeCloseTo(
      (3 * REQUEST_CPU[kind].longMicroseconds) / 1000,
    );
  }
});

test('no request is free: an empty answer costs CPU too', () => {
  for (const kind of ['hit', 'executed', 'refused'] as const)
    expect(cpuMsOf(kind, 1, 0)).toBeGreaterThan(0.05);
});

test('a refusal is one whatever the cache says, and a stale answer is a hit', () => {
  expect(kindOf('refused', 'bypass')).toBe('refused');
  expect(kindOf('ok', 'stale')).toBe('hit');
  expect(kindOf('partial', 'miss')).toBe('executed');
  expect(kindOf('error', 'bypass')).toBe('executed');
});
