/** `check --budget`: a release costs no operation more than its share beyond the last one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareCosts, type ReleaseOperation } from '../../../scripts/operations/compare-costs.ts';
import { noCalls } from '../../../src/observability/call-counts.ts';
import { AdminStub, STUB_KEY } from '../../support/admin-stub.ts';
import { runOperations } from '../../support/run-operations.ts';

type Cell = ReleaseOperation['cells'][number];

/** Executions with so many rows and bytes each. */
const executed = (count: number, rows: number, bytes: number): Cell => ({
  ...{ operationId: 'a', outcome: 'ok', cache: 'miss', count, bytes: bytes * count },
  calls: { ...noCalls(), d1RowsRead: rows * count },
});
const hits = (count: number, bytes: number): Cell => ({
  ...executed(count, 0, bytes),
  cache: 'hit',
});
const operation = (id: string, cost: number | null, ...cells: Cell[]): ReleaseOperation => ({
  ...{ id, name: 'Market', cost, cells },
});
const overOf = (before: ReleaseOperation, after: ReleaseOperation, budget = 0.1) =>
  compareCosts([before], [after], budget)
    .changes.filter(({ isOver }) => isOver)
    .map(({ measure }) => measure);

describe('an operation of two releases', () => {
  const before = operation('old', 10, executed(200, 20, 5_000));

  it('is over the budget by D1 rows, and by the dollars that they cost', () => {
    expect(overOf(before, operation('new', 10, executed(100, 23, 5_000)))).toContain('d1Rows');
    expect(overOf(before, operation('new', 10, executed(100, 2_000, 5_000)))).toEqual(['d1Rows', 'dollars']);
    expect(overOf(before, operation('new', 10, executed(100, 22, 5_000)))).toEqual([]);
  });

  it('is over it by the bytes of its answers, from caches too', () => {
    expect(overOf(before, operation('new', 10, executed(100, 20, 5_000), hits(900, 6_000)))).toEqual([
      'bytes',
    ]);
  });

  it('is no dearer because a new release has fewer hits', () => {
    const warm = operation('old', 10, executed(200, 20, 5_000), hits(100_000, 5_000));
    expect(overOf(warm, before)).toEqual([]);
  });

  it('is compared by its registered cost while one of them has few executions', () => {
    const few = (cost: number | null) => operation('new', cost, executed(99, 9_000, 50));
    expect(overOf(before, few(12))).toEqual(['cost']);
    expect(overOf(before, few(11))).toEqual([]);
    expect(compareCosts([before], [few(null)], 0.1).changes).toEqual([]);
  });

  it('is found by its id, or by its name where only one has it', () => {
    const same = operation('old', 90);
    expect(compareCosts([before, operation('other', 1)], [same], 0.1).changes).toMatchObject([
      { before: 10 },
    ]);
    const { added, changes } = compareCosts([before, operation('other', 1)], [operation('new', 1)], 0.1);
    expect([added, changes]).toEqual([[{ id: 'new', name: 'Market', cost: 1 }], []]);
  });

  it('is never over the budget of its own growth, and always over a lesser one', () => {
    const rows = fc.integer({ min: 10, max: 10_000 });
    fc.assert(
      fc.property(rows, rows, fc.nat(500), (from, to, percent) => {
        const isOver = overOf(
          operation('old', null, executed(100, from, 1)),
          operation('new', null, executed(100, to, 1)),
          percent / 100,
        ).includes('d1Rows');
        expect(isOver).toBe(to > from * (1 + percent / 100) && to - from > 1);
      }),
    );
  });
});

describe('check --budget', () => {
  let stub: AdminStub;
  let url: string;
  let folder: string;
  beforeEach(async () => {
    stub = new AdminStub(buildSchema('type Query { a: Int }'));
    url = await stub.listen();
    folder = await mkdtemp(path.join(tmpdir(), 'budget-'));
    const release = { sunset: null, deprecatedAt: null, operations: 1, lastUsedAt: null, lastChange: null };
    const published = { ...release, client: 'ios', state: 'published' };
    answer('GET /admin/releases', {
      releases: [
        { ...published, version: '5.2.0', publishedAt: 10 },
        { ...published, version: '5.3.0', publishedAt: 20 },
        { ...published, version: '5.1.0', publishedAt: 5, state: 'retired' },
      ],
    });
    const live = (id: string, cost: number, version: string, name = 'Market') => ({
      ...{ id, name, cost, document: '{ a }', count: 1, releases: [{ client: 'ios', version }] },
    });
    answer('GET /admin/live-operations', {
      operations: [live('old', 10, '5.2.0'), live('new', 10, '5.3.0'), live('more', 3, '5.3.0', 'More')],
    });
    const row = (operationId: string, version: string, rows: number, outcome = 'ok') => {
      const { calls, ...cell } = executed(150, rows, 800);
      return {
        ...{ ...cell, operationId, client: 'ios', version, outcome, calls },
        ...{ faults: 0, hitRate: null, p95Ms: null },
      };
    };
    answer('GET /admin/metrics', {
      ...{ from: '', to: '', leftOut: 0 },
      rows: [row('old', '5.2.0', 20), row('new', '5.3.0', 45), row('new', '5.3.0', 9_000, 'refused')],
    });
  });
  afterEach(async () => {
    await stub.close();
    await rm(folder, { recursive: true });
  });
  function answer(call: string, body: unknown): void {
    stub.fixed.set(call, { status: 200, body });
  }
  const run = (...args: string[]) =>
    runOperations(['check', '--client', 'ios', ...args, '--url', url], {
      environment: { ADMIN_KEY: STUB_KEY },
    });

  it('fails a published release, and names the operation that grew', async () => {
    const { exitCode, out } = await run('--budget', '10%', '--version', '5.3.0');
    expect(exitCode).toBe(1);
    expect(out).toContain('Operations of ios 5.3.0 that cost over 10 % more than in ios 5.2.0: 1.');
    expect(out).toMatch(/Market +new +20\.0 D1 rows +45\.0 D1 rows +125 % +150 and 150 requests/);
    expect(out).toContain('New, so nothing to compare with: More (cost 3).');
    expect((await run('--budget', '130', '--version', '5.3.0')).exitCode).toBe(0);
  });

  it('compares a manifest that is not published by registered cost', async () => {
    const manifest = path.join(folder, 'manifest.json');
    const query = 'query Market { a }';
    await writeFile(manifest, JSON.stringify({ m1: query }));
    const policy = { staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0, scope: 'public', tags: [] };
    const checked = (cost: number) => ({
      problems: [],
      operations: [
        {
          ...{ id: 'm1', name: 'Market', kind: 'query', cost, scopes: [], known: false },
          cachePolicy: { ...policy, maxAgeSeconds: 60 },
        },
      ],
    });
    answer('POST /admin/operations/check', checked(12));
    const dearer = await run('--budget', '10%', '--manifest', manifest, '--against', '5.2.0');
    expect([dearer.exitCode, dearer.out]).toEqual([
      1,
      expect.stringMatching(/Market +m1 +cost 10 +cost 12 +20 % +registered cost/),
    ]);
    answer('POST /admin/operations/check', checked(11));
    expect((await run('--budget', '10%', '--manifest', manifest)).exitCode).toBe(0);
  });

  it.each([
    ['no release', ['--budget', '10%']],
    ['a release and a manifest', ['--budget', '10%', '--version', '5.3.0', '--manifest', 'x']],
    ['no percentage', ['--budget', 'a tenth', '--version', '5.3.0']],
  ])('is wrong use with %s', async (_, args) => {
    expect((await run(...args)).exitCode).toBe(2);
  });

  it('refuses a release that is not live, and a first one', async () => {
    for (const version of ['9', '5.1.0'])
      expect((await run('--budget', '10%', '--version', version)).err).toContain('is no live release');
    expect((await run('--budget', '10%', '--version', '5.2.0')).err).toContain('nothing to compare with');
  });
});
