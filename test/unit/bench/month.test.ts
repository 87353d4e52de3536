import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  D1_ROWS_WRITTEN,
  D1_ROWS_WRITTEN_BEFORE_METRICS,
  rowsOfMonth,
} from '../../../bench/d1-rows-written.ts';
import { countedOperations, monthOf } from '../../../bench/month.ts';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../../operations/rest/manifest.json' with { type: 'json' };

const costs = readFileSync('operations/COSTS.md', 'utf8');
const CPU = { hitMs: 0.1, missMs: 1 };

test('every query of the build has its counts', () => {
  const queries = [...manifest.operations, ...restManifest.operations].filter(({ kind }) => kind === 'query');
  expect(countedOperations(costs).map(({ name }) => name)).toEqual(queries.map(({ name }) => name));
});

test('a page of 20 items reads what lies between lists of 5 and of 100', () => {
  const [counted] = countedOperations('| Listed | 4 | 3 | 1 | 0 | 2 | 10 | 105 |\n');
  expect(counted).toEqual({ name: 'Listed', kvReads: 3, kvWrites: 1, upstreamCalls: 2, d1RowsRead: 25 });
});

test('a row that cannot be read is refused', () => {
  expect(() => countedOperations('| Listed | 4 | 3 |\n')).toThrow('Listed');
});

test('a cache that answers everything leaves the private tenth to execute', () => {
  const { executions, use } = monthOf(countedOperations(costs), CPU, 1);
  expect(executions).toBeCloseTo(5e6);
  expect(use.workerCpuMs).toBeCloseTo(5e6 * CPU.missMs + 45e6 * CPU.hitMs);
});

test('a month costs less the more a cache answers', () => {
  const dollars = [0.15, 0.5, 0.95].map((rate) => monthOf(countedOperations(costs), CPU, rate).bill.total);
  expect(dollars).toEqual(dollars.toSorted((a, b) => b - a));
});

test('KV reads are bounded by how often isolates read again', () => {
  const reads = [0, 0.15].map((rate) => monthOf(countedOperations(costs), CPU, rate).use.kvReads);
  expect(reads[0]).toBe(reads[1]);
});

test('metrics and alerts add at most a tenth to the rows that D1 writes in a month', () => {
  const [rows, before] = [rowsOfMonth(D1_ROWS_WRITTEN), rowsOfMonth(D1_ROWS_WRITTEN_BEFORE_METRICS)];
  expect(rows / before).toBeLessThanOrEqual(1.1);
  const { d1RowsWritten } = monthOf(countedOperations(costs), CPU, 0.5).use;
  expect(d1RowsWritten).toBe(rows);
});
