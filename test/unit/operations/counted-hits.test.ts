/** Hits that are counted without a look-up count as all others do, in whatever order their clients come. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { MEMORY_SHARES_BYTES } from '../../../src/config.ts';
import type { HitOperation } from '../../../src/operations/registered-operation.ts';
import { UsageCounts } from '../../../src/operations/usage.ts';
import { countsSources, recordedPoints } from '../../support/recorded-requests.ts';

const START_MS = 1_708_300_800_000;
const HOUR_MS = 3_600_000;

/** D1 that keeps rows, or fails. */
function openDatabase() {
  const rows: { uses: unknown[][]; requests: unknown[][] }[] = [];
  const state = { fails: false };
  const run = async (counts: string) => {
    if (state.fails) throw new Error('D1 is gone');
    rows.push(JSON.parse(counts));
  };
  const db = { prepare: () => ({ bind: (counts: string) => ({ run: () => run(counts) }) }) };
  return { db: db as unknown as D1Database, rows, state };
}

function startCounting() {
  const storage = openDatabase();
  const analytics = recordedPoints();
  const clock = { nowMs: START_MS };
  const usage = new UsageCounts({
    db: storage.db,
    nowMs: () => clock.nowMs,
    ...countsSources(() => true, analytics.dataset),
  });
  return { ...storage, analytics, clock, usage };
}

const asked = (operationId: string): HitOperation => ({
  operationId,
  operationName: 'A',
  kind: 'query',
  transport: 'get',
  held: undefined,
});

const totalsOf = (entries: readonly unknown[][], keys: readonly number[], count: number) => {
  const totals: Record<string, number> = {};
  for (const entry of entries) {
    const key = keys.map((at) => entry[at]).join(' ');
    totals[key] = (totals[key] ?? 0) + Number(entry[count]);
  }
  return totals;
};

test('whatever their clients, while rows are written and fail, and hours end', async () => {
  const hit = fc.record({
    at: fc.nat(2),
    client: fc.constantFrom('ios', 'web', null),
    version: fc.constantFrom('1', null),
  });
  const step = fc.oneof(
    { weight: 20, arbitrary: hit },
    { weight: 2, arbitrary: fc.constant('flush' as const) },
    { weight: 1, arbitrary: fc.constantFrom('failing flush' as const, 'next hour' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (steps) => {
      const { usage, rows, state, clock, analytics } = startCounting();
      vi.spyOn(console, 'error').mockImplementation(() => undefined);
      // Two requests ask for the same operation.
      const requests = [asked('a'), asked('a'), asked('b')];
      const expected: Record<string, number> = {};
      const points: string[][] = [];
      for (const each of steps) {
        if (each === 'next hour') clock.nowMs += HOUR_MS;
        else if (typeof each === 'string') {
          state.fails = each === 'failing flush';
          await usage.flush();
        } else {
          const { client: name, version } = each;
          const operation = requests[each.at];
          if (operation === undefined) throw new Error('no such request');
          usage.hit(operation, { name, version }, { status: 200, bytes: 7 }, 'DE', clock.nowMs);
          const known = [name ?? '', name === null ? '' : (version ?? '')];
          const key = [operation.operationId, ...known, Math.floor(clock.nowMs / HOUR_MS)].join(' ');
          expected[key] = (expected[key] ?? 0) + 1;
          points.push([operation.operationId, ...known]);
        }
      }
      state.fails = false;
      await usage.flush();
      const cells = rows
        .flatMap(({ requests: written }) => written)
        .filter(([id]) => id !== 'job:background');
      expect(totalsOf(cells, [0, 1, 2, 3], 8)).toEqual(expected);
      expect(totalsOf(cells, [0], 11)).toEqual(
        Object.fromEntries(
          Object.entries(Object.groupBy(points, ([id]) => id ?? '')).map(([id, of]) => [
            id,
            7 * (of?.length ?? 0),
          ]),
        ),
      );
      const uses = Object.values(
        totalsOf(
          rows.flatMap((row) => row.uses),
          [0],
          4,
        ),
      );
      expect(uses.reduce((sum, count) => sum + count, 0)).toBe(points.length);
      expect(analytics.points.map((point) => [point.operationId, point.client, point.version])).toEqual(
        points,
      );
    }),
    { numRuns: 60 },
  );
});

test('of 10,000 clients in a minute count all, in bounded memory', async () => {
  const { usage, rows, clock } = startCounting();
  const operations = Array.from({ length: 20 }, (_, at) => asked(`operation ${at}`));
  for (let number = 0; number < 10_000; number += 1) {
    const operation = operations[number % 20] ?? asked('none');
    const client = { name: `client ${number % 700}`, version: null };
    usage.hit(operation, client, { status: 200, bytes: 1 }, '', clock.nowMs);
    usage.refused({ reason: 'A', documentId: `${number}`, client });
  }
  expect(usage.weight).toBeLessThanOrEqual(MEMORY_SHARES_BYTES.usage);
  await usage.flush();
  const cells = rows.flatMap(({ requests }) => requests).filter(([id]) => id !== 'job:background');
  expect(cells.reduce((sum, cell) => sum + Number(cell[8]), 0)).toBe(10_000);
  expect(operations.every(({ held }) => held?.counts == null)).toBe(true);
});
