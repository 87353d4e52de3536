/** The job `alerts` over D1: from rows that isolates and jobs have left to incidents and queued notices. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { PoolLedgerCalls } from '../../../src/investing/pool-ledger.ts';
import { openIncidents, readIncidents } from '../../../src/storage/d1/incidents.ts';
import { giveLedger } from '../../support/edge-rows.ts';
import { createInvestors, insert, insertInvestments } from '../../support/investors.ts';
import { syncOf } from '../sync-bench.ts';
import { countsOf, insertFlush, measuringD1, OPERATION, watched } from './watched-jobs.ts';

const { DB: db } = env;
const failing = [{ count: 900 }, { count: 100, faults: 100, outcome: 'error' as const }];

describe('an outage', () => {
  test('is one incident and one message when it fires, and one when it is over', async () => {
    const { bench, flush, minutes, notices } = await watched({ runbooksUrl: 'https://git.example/runbooks' });
    await minutes(5, () => flush([{ count: 1_000 }]));
    await minutes(10, () => flush(failing));
    const began = bench.now() - 600;
    expect(await openIncidents(db)).toMatchObject([
      { rule: 'error-budget-fast', severity: 'page', endedAt: null },
    ]);
    await minutes(70, () => flush([{ count: 1_000 }]));
    const fast = (await notices()).filter(({ rule }) => rule === 'error-budget-fast');
    expect(fast).toMatchObject([
      {
        ...{ event: 'fired', kind: 'alert', runbookUrl: 'https://git.example/runbooks/error-budget-fast.md' },
        worst: {
          ...{ operationId: OPERATION?.id, operationName: OPERATION?.name },
          ...{ client: 'ios', version: '5.2' },
        },
      },
      { event: 'resolved', incidentId: fast[0]?.incidentId },
    ]);
    expect(fast[1]?.endedAt).toBeGreaterThan(Number(fast[0]?.startedAt) + 600);
    const ended = { rule: 'error-budget-fast', endedAt: expect.any(Number) };
    const read = (from: number, to: number) => readIncidents(db, { from, to });
    expect(await read(began, bench.now())).toContainEqual(expect.objectContaining(ended));
    expect(await read(bench.now() + 1, bench.now() + 2)).not.toContainEqual(expect.objectContaining(ended));
  });

  test('is noticed once by two crons at once', async () => {
    const { bench, flush, minutes, look, notices } = await watched();
    await minutes(2, () => flush([{ count: 1_000 }]));
    bench.advanceSync(60);
    await flush([{ count: 1, faults: 1, outcome: 'error' }, ...failing]);
    const outcomes = (await Promise.all([look(), look(), look()])).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeGreaterThanOrEqual(1);
    const ids = (await notices()).map(({ id }) => id);
    expect(ids.filter((id) => String(id).startsWith('error-budget-fast'))).toHaveLength(1);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('ends also if the state of the rules was lost meanwhile', async () => {
    const { flush, minutes, notices } = await watched();
    await minutes(2, () => flush([{ count: 1_000 }]));
    await minutes(1, () => flush(failing));
    for (const lost of ['DELETE FROM alert_state', `UPDATE alert_state SET state = '{"alerts": 7'`]) {
      await db.exec(lost);
      await minutes(1);
    }
    await minutes(70);
    const events = (await notices()).map(({ event, rule }) => `${event} ${rule}`);
    expect(events).toEqual(['fired error-budget-fast', 'resolved error-budget-fast']);
    expect(await openIncidents(db)).toEqual([]);
  });
});

test('more rows than a look reads are passed over, and rows of a database that was restored are read', async () => {
  const { bench, flush, minutes, look } = await watched();
  const lastFlushId = async () => {
    const state = await db.prepare('SELECT state FROM alert_state').first<string>('state');
    return (JSON.parse(state ?? '') as { lastFlushId: number }).lastFlushId;
  };
  await minutes(1);
  const counts = JSON.stringify(countsOf(bench, [{ count: 1 }]));
  const insertFlushes = db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
     INSERT INTO usage_flush (counts, written_at) SELECT ?1, 1 FROM n`,
  );
  await insertFlushes.bind(counts).run();
  bench.advanceSync(60);
  expect(await look()).toMatchObject({ outcome: 'ok', read: 500 });
  expect(await lastFlushId()).toBe(600);
  await db.exec('DELETE FROM usage_flush');
  await minutes(1);
  await flush([{ count: 1 }]);
  bench.advanceSync(60);
  expect(await look()).toMatchObject({ read: 1 });
});

describe('rows that are wrong', () => {
  test('keep no other row from being judged', async () => {
    const { bench, flush, minutes, notices } = await watched();
    await minutes(2, () => flush([{ count: 1_000 }]));
    await minutes(1, async () => {
      for (const counts of [
        'no JSON',
        '[]',
        '7',
        '{"requests": 1, "isolate": [], "live": "x"}',
        '{"requests": [[1]]}',
      ])
        await insertFlush(bench, counts);
      await flush(failing);
      await db.exec(
        `INSERT INTO payment_count (hour, confirmed, failed) VALUES (${Math.floor(bench.now() / 3_600)}, 'x', 'y')`,
      );
      await db.exec("INSERT INTO object_size (name, bytes, measured_at) VALUES ('x', 'y', 'z')");
    });
    expect((await notices()).map(({ rule }) => rule)).toEqual(['error-budget-fast']);
  });

  test('a table that cannot be read makes the run partial, and the other rules are judged', async () => {
    const { deps, flush, minutes, notices, bench } = await watched();
    await minutes(2, () => flush([{ count: 1_000 }]));
    bench.advanceSync(60);
    await flush(failing);
    const broken = new Proxy(db, {
      get(target, name) {
        if (name === 'prepare')
          return (sql: string) => target.prepare(sql.replace('FROM payment_count', 'FROM no_such_table'));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    expect(await syncOf({ ...deps, db: broken }).runJob('alerts')).toMatchObject({
      outcome: 'partial',
      skipped: 1,
    });
    expect(bench.loggedErrors()).toContainEqual(
      expect.objectContaining({ event: 'alerts.not_read', part: 'payments' }),
    );
    expect((await notices()).map(({ rule }) => rule)).toContain('error-budget-fast');
  });
});

test('a job without a complete run makes a ticket, which ends with one', async () => {
  const { bench, minutes, notices } = await watched({ jobIntervals: { pools: 300 } });
  await bench.sync.runJob('pools');
  await minutes(14);
  expect(await notices()).toEqual([]);
  await minutes(3);
  expect(await notices()).toMatchObject([{ event: 'fired', rule: 'sync', subject: 'pools' }]);
  await bench.sync.runJob('pools');
  await minutes(13);
  expect(await notices()).toHaveLength(1);
  await bench.sync.runJob('pools');
  await minutes(8);
  expect(await notices()).toMatchObject([{ event: 'fired' }, { event: 'resolved', subject: 'pools' }]);
});

test('a ledger that waits, and one that disagrees, are named by their pool', async () => {
  const { bench, minutes, notices } = await watched();
  await bench.sync.runJob('pools');
  const [pool] = await bench.rows('ido_pool_cache');
  const poolId = String(pool?.id);
  await giveLedger(poolId, bench.now());
  await insert('ledger_notice', {
    ...{ pool_id: poolId, notice_id: 1, kind: 'ledger_differs', investment_id: null },
    ...{ detail: 'x', noticed_at: bench.now() },
  });
  await insert('ledger_notice', {
    ...{ pool_id: 'other', notice_id: 1, kind: 'hash_told_twice', investment_id: null },
    ...{ detail: 'x', noticed_at: bench.now() },
  });
  await minutes(7);
  expect(await notices()).toMatchObject([
    { rule: 'ledger-disagrees', severity: 'page', subject: poolId },
    { rule: 'outbox', severity: 'ticket', subject: poolId, value: '6 minutes' },
  ]);
});

test('payments are counted once, by the rows of investments as they are decided', async () => {
  const { bench, minutes, notices } = await watched();
  const investment = (id: number, status: 'pending', hash: string | null = '0x1') => ({
    ...{
      id: `inv_${id}`,
      user_id: 'usr_1',
      pool_id: 'pool_1',
      transaction_hash: hash,
      updated_at: bench.now(),
    },
    status,
  });
  await minutes(1);
  for (let id = 0; id < 22; id += 1)
    await insertInvestments(investment(id, 'pending', id < 20 ? '0x1' : null));
  const decide = (from: number, to: number, status: string) =>
    db
      .prepare(`UPDATE user_investment_cache SET status = ?1, updated_at = ?2 WHERE rowid IN
        (SELECT rowid FROM user_investment_cache ORDER BY rowid LIMIT ?4 OFFSET ?3)`)
      .bind(status, bench.now(), from, to - from)
      .run();
  await minutes(1, () => decide(0, 15, 'confirmed'));
  await minutes(1, () => decide(15, 19, 'failed'));
  // Two had no payment.
  await minutes(1, () => decide(20, 22, 'failed'));
  expect(await notices()).toEqual([]);
  await minutes(1, () => decide(19, 20, 'failed'));
  expect(await notices()).toMatchObject([{ rule: 'transactions', value: '75.0 % of payments' }]);
  const { results } = await db
    .prepare('SELECT sum(confirmed) AS confirmed, sum(failed) AS failed FROM payment_count')
    .all();
  expect(results).toEqual([{ confirmed: 15, failed: 5 }]);
});

test('half of a sale is over and few of those who registered have invested', async () => {
  const { bench, minutes, notices } = await watched();
  await bench.sync.runJob('pools');
  const now = bench.now();
  await db
    .prepare("UPDATE ido_pool_cache SET status = 'active', sale_start = ?1, sale_end = ?2")
    .bind(now - 1_000, now + 900)
    .run();
  const [pool] = await bench.rows('ido_pool_cache');
  const poolId = String(pool?.id);
  await db.batch(
    Array.from({ length: 60 }, (_, at) =>
      db
        .prepare('INSERT INTO pool_member (pool_id, user_id, registered_at, revision) VALUES (?1, ?2, ?3, 1)')
        .bind(poolId, `usr_${at}`, at < 55 ? now - 2_000 : null),
    ),
  );
  const invested = (user: number, status: 'confirmed' | 'failed') =>
    insertInvestments({ id: `inv_${user}`, user_id: `usr_${user}`, pool_id: poolId, status });
  await invested(0, 'confirmed');
  await invested(1, 'failed');
  await invested(59, 'confirmed');
  await minutes(1);
  expect(await notices()).toMatchObject([
    { rule: 'participation', subject: poolId, value: '1.8 % of those who registered' },
  ]);
});

test('databases that are almost full are named, and a ledger says its size each night', async () => {
  const { deps, bench, minutes, notices } = await watched();
  await bench.sync.runJob('pools');
  const [pool] = await bench.rows('ido_pool_cache');
  const poolId = String(pool?.id);
  await giveLedger(poolId);
  const head = { pool: poolId, sequence: 1, hash: 'ab', recordedAt: 1, databaseBytes: 9e9 };
  const ledger = { compare: async () => undefined, head: async () => head } as Partial<PoolLedgerCalls>;
  const ledgers = { ofPool: () => ledger as PoolLedgerCalls, ofInvestment: () => null };
  expect((await syncOf({ ...deps, ledgers }).runJob('ledger-check')).outcome).toBe('ok');
  await minutes(1);
  expect(await notices()).toMatchObject([
    {
      rule: 'storage-size',
      subject: `the ledger of the pool ${poolId}`,
      value: "90.0 % of the platform's limit",
    },
  ]);
});

test('accounts are counted as they are opened', async () => {
  const { minutes, notices } = await watched({ alertThresholds: { registrations: 1_000_000 } });
  await minutes(1);
  let opened = 0;
  await minutes(3, async () => {
    opened += 2;
    await createInvestors([`usr_${opened}`, `usr_${opened + 1}`]);
  });
  const state = await db.prepare('SELECT state FROM alert_state').first<string>('state');
  const { windows } = JSON.parse(state ?? '') as { windows: { hours: { registrations: number }[] } };
  expect(windows.hours.reduce((sum, hour) => sum + hour.registrations, 0)).toBe(6);
  expect(await notices()).toEqual([]);
});

test('a look reads few rows of large tables, and writes few', async () => {
  const { bench, deps, minutes } = await watched();
  await db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO user_account (id, last_active_at, created_at) SELECT 'usr_' || i, 1, 1 FROM n`.replaceAll(
      '\n',
      ' ',
    ),
  );
  await db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO sync_run (id, job, started_at, finished_at, outcome) SELECT 'run_' || i, 'prices', i, i, 'failed' FROM n`.replaceAll(
      '\n',
      ' ',
    ),
  );
  await minutes(1);
  bench.advanceSync(60);
  const use = { read: 0, written: 0 };
  const measured = measuringD1(db, use);
  expect(
    await syncOf({ ...deps, db: measured, jobIntervals: bench.deps.jobIntervals }).runJob('alerts'),
  ).toMatchObject({ outcome: 'ok' });
  expect(use.read).toBeLessThan(200);
  expect(use.written).toBeLessThanOrEqual(10);
});
