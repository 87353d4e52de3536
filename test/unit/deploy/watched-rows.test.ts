/** The minute rows that a watched step of a deployment reads. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { foldFlushes } from '../../../src/storage/d1/operation-usage-folding.ts';
import { failed, market, NEW, OLD, watchedCanary } from '../../support/watched-canary.ts';

const { database, d1, empty, watch, plant, healthyMinute } = watchedCanary();

beforeEach(() => empty());

describe('the rows', () => {
  test('of before the step, and of other versions, do not count', async () => {
    await plant(NEW, [failed(5_000)]);
    await plant(OLD, [market(90_000)]);
    const { verdict, counted } = await watch({
      async meanwhile(_, now) {
        await healthyMinute(now);
        await plant('33333333-third', [failed(5_000)], now);
        await plant('', [failed(5_000)], now);
      },
    });
    expect(verdict.kind).toBe('promote');
    expect(counted).toBe('1,000 requests by the new version, 9,010 by the old one');
  });

  test('count once, also where the cleanup adds them up meanwhile', async () => {
    const { verdict, counted, lines } = await watch({
      async meanwhile(_, now) {
        await healthyMinute(now);
        // At each look, all rows of the look before are old.
        await foldFlushes(d1, { nowSeconds: now + 599 });
      },
      thresholds: { minimumWatchSeconds: 900 },
    });
    expect(verdict.kind).toBe('promote');
    expect(counted).toBe('3,000 requests by the new version, 27,030 by the old one');
    expect(lines.filter((line) => !line.includes('requests by'))).toEqual([]);
  });

  test('that the cleanup took before they were read are missed, and reported', async () => {
    const { lines } = await watch({
      async meanwhile(look, now) {
        for (let row = 0; row < 5; row += 1) await plant(OLD, [market(10)], now);
        if (look === 2) await foldFlushes(d1, { nowSeconds: now + 5_000 });
        await plant(NEW, [market(1)], now);
      },
      thresholds: { watchSeconds: 180 },
    });
    expect(lines.filter((line) => !line.includes('requests by'))).toEqual([
      '4 rows of counted requests were added up before they were read.',
    ]);
  });

  test('that are malformed are reported and left out', async () => {
    const insert = database.prepare(
      'INSERT INTO usage_flush (counts, written_at, worker_version) VALUES (?1, 0, ?2)',
    );
    const { verdict, lines, counted } = await watch({
      async meanwhile(look, now) {
        await healthyMinute(now);
        if (look > 1) return;
        insert.run('{"requests": [[1, 2]]}', NEW);
        insert.run('not JSON', NEW);
      },
    });
    expect(verdict.kind).toBe('promote');
    expect(counted).toMatch(/^1,000 requests/);
    expect(lines.filter((line) => line.includes('malformed'))).toEqual([
      'Row 3 of counted requests: 1 malformed parts are left out.',
      'Row 4 of counted requests: 1 malformed parts are left out.',
    ]);
  });

  test('whose ids begin anew after a restore are not counted twice', async () => {
    const { verdict, lines, counted } = await watch({
      async meanwhile(look, now) {
        if (look === 3) {
          database.exec('DELETE FROM usage_flush WHERE flush_id > 2');
          return;
        }
        await healthyMinute(now);
      },
      thresholds: { minimumWatchSeconds: 360 },
    });
    expect(verdict.kind).toBe('promote');
    expect(counted).toMatch(/^1,000 requests/);
    expect(lines).toContain('The ids of counted requests begin anew at 2: the database was restored.');
  });
});

describe('a failure of D1', () => {
  const minutes = { meanwhile: (_: number, now: number) => healthyMinute(now) };

  test('for some looks is reported, and no row is missed', async () => {
    const { verdict, lines, counted } = await watch({
      ...minutes,
      fails: (query) => query >= 4 && query <= 6,
    });
    expect(verdict.kind).toBe('promote');
    expect(counted).toMatch(/^\S+ requests/);
    const failures = lines.filter((line) => line.startsWith('Counted requests could not be read'));
    expect(failures).toEqual(
      Array(3).fill('Counted requests could not be read, and the next look tries again: D1 is overloaded'),
    );
    expect(counted).toBe('1,000 requests by the new version, 9,010 by the old one');
  });

  test('at the first look makes the next one the first', async () => {
    const { verdict, looks } = await watch({ ...minutes, fails: (query) => query === 1 });
    expect([verdict.kind, looks]).toEqual(['promote', 6]);
  });

  test('for too long holds the step: rows may have been added up unread', async () => {
    const { verdict, looks } = await watch({ ...minutes, fails: (query) => query > 4 });
    expect(looks).toBe(9);
    expect(verdict).toEqual({ kind: 'hold', reasons: ['Counted requests could not be read for 8 min.'] });
  });

  test('in the last looks holds the step', async () => {
    const { verdict } = await watch({
      ...minutes,
      thresholds: { watchSeconds: 300 },
      fails: (query) => query > 7,
    });
    expect(verdict).toMatchObject({
      kind: 'hold',
      reasons: [
        expect.stringContaining('of the 1,000'),
        'Counted requests could not be read in the last 2 min.',
      ],
    });
  });

  test('between two pages of one look makes no row count twice', async () => {
    const { counted } = await watch({
      async meanwhile(look, now) {
        if (look > 1) return;
        for (let row = 0; row < 250; row += 1) await plant(row % 2 === 0 ? OLD : NEW, [market(1)], now);
      },
      thresholds: { watchSeconds: 180 },
      // The first look finds the newest id and reads a page; its second page fails.
      fails: (query) => query === 4,
    });
    expect(counted).toBe('125 requests by the new version, 125 by the old one');
  });

  test('while names are read leaves the verdict without them', async () => {
    const { verdict, lines } = await watch({
      meanwhile: async () => {
        await plant(OLD, [market(1_800)]);
        await plant(NEW, [market(100), failed(100)]);
      },
      fails: (_, sql) => sql.includes('FROM operation'),
    });
    expect(verdict).toMatchObject({
      kind: 'regress',
      findings: [expect.stringMatching(/^sha256:aaaaaaaaaaaa, executed requests: /)],
    });
    expect(lines).toContain('The names and kinds of operations could not be read: D1 is overloaded');
  });
});

test('each request counts once, whatever fails and whenever the cleanup runs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rows: fc.nat(8), fails: fc.boolean(), folds: fc.boolean() }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (minutes) => {
        empty();
        let planted = 0;
        let isFailing = false;
        const looks = minutes.length + 1;
        const { counted } = await watch({
          async meanwhile(look, now) {
            const minute = minutes[look - 1] ?? { rows: 0, fails: false, folds: false };
            for (let row = 0; row < minute.rows; row += 1) await plant(NEW, [market(1)], now);
            planted += minute.rows;
            isFailing = minute.fails;
            // It takes rows of ten minutes ago: a step whose looks fail for so long is held before.
            if (minute.folds) await foldFlushes(d1, { nowSeconds: now });
          },
          fails: () => isFailing,
          thresholds: {
            watchSeconds: looks * 60,
            minimumWatchSeconds: looks * 60,
            minimumRequests: 1_000_000,
          },
        });
        if (counted?.startsWith(`${planted} `)) return;
        // Held earlier, because eight looks in a row failed.
        const longest = minutes.map(({ fails }) => (fails ? 'x' : '.')).join('');
        expect(longest).toContain('x'.repeat(8));
      },
    ),
    { numRuns: 60 },
  );
});
