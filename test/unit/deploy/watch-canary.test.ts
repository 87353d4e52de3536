/** A step of a deployment is watched over a migrated database; each sleep is one look later. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { CanaryThresholds } from '../../../scripts/deploy/judge/canary-thresholds.ts';
import type { Verdict } from '../../../scripts/deploy/judge/verdict.ts';
import { watchCanary } from '../../../scripts/deploy/judge/watch-canary.ts';
import { foldFlushes } from '../../../src/storage/d1/operation-usage-folding.ts';
import type { MadeUpRequests } from '../../support/made-up-cells.ts';
import { minuteRowInsert } from '../../support/minute-rows.ts';
import { d1Of, migratedDatabase } from '../../support/sqlite-d1.ts';

const [OLD, NEW] = ['11111111-old', '22222222-new'];
const MARKET = `sha256:${'a'.repeat(64)}`;
const STARTED_AT = 1_764_000_000;
const THRESHOLDS: CanaryThresholds = {
  lookSeconds: 60,
  minimumWatchSeconds: 300,
  watchSeconds: 1_200,
  minimumRequests: 1_000,
  operationMinimumRequests: 30,
  falseAlarmRate: 0.005,
};
const EMPTY_SQL = `DELETE FROM usage_flush; DELETE FROM operation_usage; DELETE FROM request_hour;
  DELETE FROM request_day; DELETE FROM flush_day; DELETE FROM operation; DELETE FROM publish; DELETE FROM publish_operation;
  DELETE FROM release`;

const database = migratedDatabase();
const d1 = d1Of(database);

beforeEach(() => database.exec(EMPTY_SQL));

const market = (count: number, rest: Partial<MadeUpRequests> = {}): MadeUpRequests => ({
  ...{ operationId: MARKET, count, cache: 'miss', takesMs: 80 },
  ...rest,
});
const failed = (count: number): MadeUpRequests =>
  market(count, { faults: count, cache: 'bypass', outcome: 'error' });

interface Watched {
  verdict: Verdict;
  lines: string[];
  looks: number;
  /** The last counts that it reported, of the new version and of the old one. */
  counted: string | undefined;
}

interface Scene {
  /** Happens before each look, from the first one on. */
  meanwhile?(look: number, now: number): Promise<unknown> | unknown;
  thresholds?: Partial<CanaryThresholds>;
  /** True if this query, from 1 on, fails. */
  fails?(query: number, sql: string): boolean;
}

async function watch({
  meanwhile = () => undefined,
  thresholds = {},
  fails = () => false,
}: Scene): Promise<Watched> {
  const lines: string[] = [];
  let [looks, queries] = [0, 0];
  const verdict = await watchCanary(
    {
      db: {
        async query<Row>(sql: string, params: readonly (string | number | null)[] = []) {
          queries += 1;
          if (fails(queries, sql)) throw new Error('D1 is overloaded');
          return database.prepare(sql).all(...params) as Row[];
        },
      },
      ...{ before: OLD, now: NEW, percent: 10 },
      async sleep(ms) {
        expect(ms).toBe((thresholds.lookSeconds ?? THRESHOLDS.lookSeconds) * 1_000);
        looks += 1;
        await meanwhile(looks, STARTED_AT + looks * 60);
      },
      report: (line) => lines.push(line),
    },
    { ...THRESHOLDS, ...thresholds },
  );
  const counted = lines.findLast((line) => line.includes('requests by the new version'));
  return { verdict, lines, looks, counted: counted?.replace(/^[^:]*: /, '') };
}

async function plant(workerVersion: string, requests: readonly MadeUpRequests[], writtenAt = STARTED_AT) {
  const { sql, params } = await minuteRowInsert({ workerVersion, requests, writtenAt });
  database.prepare(sql).run(...params);
}

const healthyMinute = async (now: number) => {
  await plant(OLD, [market(1_800), failed(2)], now);
  await plant(NEW, [market(200)], now);
};

function register(id: string, name: string, client: string, version: string, kind = 'query'): void {
  const insert = (sql: string, ...values: (string | number)[]) => database.prepare(sql).run(...values);
  insert(
    "INSERT INTO operation (id, document_id, name, kind, registered, registered_at) VALUES (?1, ?1, ?2, ?3, '{}', 0)",
    ...[id, name, kind],
  );
  insert(
    'INSERT INTO publish (id, client, version, published_at) VALUES (?1, ?2, ?3, 0)',
    `publish-${id}`,
    client,
    version,
  );
  insert('INSERT INTO publish_operation VALUES (?1, ?2)', `publish-${id}`, id);
  insert(
    "INSERT INTO release (client, version, state, publish_id) VALUES (?1, ?2, 'published', ?3)",
    ...[client, version, `publish-${id}`],
  );
}

describe('a step', () => {
  test('is promoted when enough requests are as before, and not before its least time', async () => {
    const { verdict, looks, counted, lines } = await watch({ meanwhile: (_, now) => healthyMinute(now) });
    expect([verdict, looks]).toEqual([{ kind: 'promote' }, 5]);
    expect(counted).toBe('1,000 requests by the new version, 9,010 by the old one');
    expect(lines).toHaveLength(5);
    const slow = await watch({
      meanwhile: (_, now) => healthyMinute(now),
      thresholds: { minimumRequests: 3_000 },
    });
    expect(slow.looks).toBe(15);
  });

  test('ends with a regression at the first look that finds one, and names the operation and its releases', async () => {
    register(MARKET, 'MarketList', 'ios', '5.2.0');
    const { verdict, looks } = await watch({
      async meanwhile(look, now) {
        if (look < 3) return healthyMinute(now);
        await plant(OLD, [market(1_800)], now);
        await plant(NEW, [market(140), failed(60)], now);
      },
    });
    expect(looks).toBe(3);
    expect(verdict).toEqual({
      kind: 'regress',
      findings: [
        'MarketList (sha256:aaaaaaaaaaaa), executed requests: share of requests with faults 10% (of 600) now, 0.07% (of 5,404) before, which ios 5.2.0 may ask for',
      ],
    });
  });

  test('is held at the end of its time, with the operations that lack requests', async () => {
    register(`sha256:${'b'.repeat(64)}`, 'Pools', 'web', '7');
    const pools = (count: number) => market(count, { operationId: `sha256:${'b'.repeat(64)}` });
    const { verdict, looks } = await watch({
      async meanwhile(_, now) {
        await plant(OLD, [market(180), pools(20)], now);
        await plant(NEW, [market(20), pools(1)], now);
      },
    });
    expect(looks).toBe(20);
    expect(verdict).toEqual({
      kind: 'hold',
      reasons: [
        'The new version has counted 420 of the 1,000 requests that are needed.',
        'Pools (sha256:bbbbbbbbbbbb), executed requests: the new version has counted 20 of the 30 that are needed.',
      ],
    });
  });

  test('is held where the new version writes no row although requests should come', async () => {
    const { verdict } = await watch({
      meanwhile: (_, now) => plant(OLD, [market(1_800)], now),
      thresholds: { minimumRequests: 0 },
    });
    expect(verdict).toEqual({
      kind: 'hold',
      reasons: [
        'The new version has counted no request, and the old one 36,000: it may end before it counts.',
      ],
    });
  });

  test('is held where the new version counts much less than its share of the traffic', async () => {
    register(MARKET, 'MarketList', 'ios', '5.2.0');
    const others = (count: number) => market(count, { operationId: 'route:/files' });
    const { verdict, counted } = await watch({
      async meanwhile(_, now) {
        await plant(OLD, [market(900), others(900)], now);
        await plant(NEW, [market(5), others(100)], now);
      },
    });
    expect(counted).toBe('2,100 requests by the new version, 36,000 by the old one');
    expect(verdict).toEqual({
      kind: 'hold',
      reasons: [
        'MarketList (sha256:aaaaaaaaaaaa): the new version has counted 100 requests. By its share of the traffic and the 18,000 of the old one they should be about 2,000: it may end before it counts.',
      ],
    });
  });

  test('is promoted although its hubs are all of the old version: few hubs have the sockets of all', async () => {
    const operationId = `sha256:${'c'.repeat(64)}`;
    register(operationId, 'Prices', 'ios', '5.2.0', 'subscription');
    const { verdict, looks } = await watch({
      async meanwhile(_, now) {
        await healthyMinute(now);
        await plant(OLD, [market(900, { operationId, cache: 'bypass' })], now);
      },
    });
    expect([verdict, looks]).toEqual([{ kind: 'promote' }, 5]);
  });

  test('is not promoted by health checks, smoke tests and jobs alone', async () => {
    const { verdict } = await watch({
      async meanwhile(_, now) {
        const others = ['route:/health', 'route:/admin/metrics', 'job:prices'].map((operationId) =>
          market(1_000, { operationId, cache: 'bypass' }),
        );
        await plant(NEW, [...others, market(5)], now);
        await plant(OLD, others, now);
      },
    });
    expect(verdict).toMatchObject({
      kind: 'hold',
      reasons: [
        'The old version has counted 0 of the 1,000 requests that are needed.',
        'The new version has counted 100 of the 1,000 requests that are needed.',
      ],
    });
  });

  test('is promoted although upstream failed while the new version alone had a cold cache', async () => {
    const hits = (count: number) => market(count, { cache: 'hit', takesMs: 0 });
    const { verdict } = await watch({
      async meanwhile(look, now) {
        if (look > 1) return healthyMinute(now);
        await plant(OLD, [hits(1_700), market(50), failed(50)], now);
        await plant(NEW, [hits(30), market(100), failed(100)], now);
      },
    });
    expect(verdict.kind).toBe('promote');
  });

  test('of staging is promoted without a request, after its least time', async () => {
    const thresholds = { minimumRequests: 0, lookSeconds: 15, minimumWatchSeconds: 90, watchSeconds: 180 };
    expect(await watch({ thresholds })).toMatchObject({ verdict: { kind: 'promote' }, looks: 6 });
  });
});

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

describe('where D1 fails', () => {
  const minutes = { meanwhile: (_: number, now: number) => healthyMinute(now) };

  test('for some looks, it says so, goes on, and misses no row', async () => {
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

  test('at the first look, it begins with the next one', async () => {
    const { verdict, looks } = await watch({ ...minutes, fails: (query) => query === 1 });
    expect([verdict.kind, looks]).toEqual(['promote', 6]);
  });

  test('for too long, it holds: rows may have been added up unread', async () => {
    const { verdict, looks } = await watch({ ...minutes, fails: (query) => query > 4 });
    expect(looks).toBe(9);
    expect(verdict).toEqual({ kind: 'hold', reasons: ['Counted requests could not be read for 8 min.'] });
  });

  test('in the last looks, it holds', async () => {
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

  test('between two pages of one look, each row counts once', async () => {
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

  test('while it asks for names, the verdict stands without them', async () => {
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

test('whatever fails and whenever the cleanup runs, each request counts once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rows: fc.nat(8), fails: fc.boolean(), folds: fc.boolean() }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (minutes) => {
        database.exec(EMPTY_SQL);
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
