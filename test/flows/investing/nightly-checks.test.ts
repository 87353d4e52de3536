/** What the night's jobs and the pools' sync find wrong with pools and ledgers, and where a person sees it. */

import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LedgerHead, PoolLedgerCalls } from '../../../src/investing/pool-ledger.ts';
import { bucketWith, emptyBucket } from '../../support/bucket.ts';
import { edgeId, giveLedger, insertEdgeInvestment } from '../../support/edge-rows.ts';
import { scriptedLedgers } from '../../support/investing/scripted-ledgers.ts';
import { insert } from '../../support/investors.ts';
import { startServing } from '../../support/serving-bench.ts';
import { type Bench, createBench, type Row, syncOf } from '../sync-bench.ts';

const [POOL, OTHER] = ['pool_0001', 'pool_0006'];
const DAY = 86_400;
const HEAD: LedgerHead = { pool: POOL, sequence: 1, hash: 'ab'.repeat(32), recordedAt: 1 };

async function benchWithLedgers() {
  const bench = await createBench();
  await bench.sync.runJob('pools');
  for (const pool of [POOL, OTHER]) await giveLedger(pool);
  const { ledgers, ledger, append } = scriptedLedgers([POOL, OTHER], bench.now);
  for (const pool of [POOL, OTHER]) append(pool, `opened ${pool}`);
  return { bench, sync: syncOf({ ...bench.deps, ledgers }), append, ledger };
}

const notices = async () =>
  (await env.DB.prepare('SELECT * FROM ledger_notice ORDER BY pool_id, kind, detail').all<Row>()).results;
const dateOf = (bench: Bench) => new Date(bench.now() * 1000).toISOString().slice(0, 10);
const heads = async (bench: Bench) => {
  const file = await env.STORAGE.get(`backups/ledger/${dateOf(bench)}.json`);
  return file === null ? null : file.json<{ writtenAt: string; heads: LedgerHead[] }>();
};

describe('the check of ledgers', () => {
  beforeEach(emptyBucket);

  test('lets each ledger compare itself, and writes the last entry of each to R2', async () => {
    const { bench, sync, ledger } = await benchWithLedgers();
    expect(await sync.runJob('ledger-check')).toMatchObject({ outcome: 'ok', read: 2, written: 2 });
    expect([ledger(POOL).calls, ledger(OTHER).calls]).toEqual([['compare'], ['compare']]);
    expect(await heads(bench)).toEqual({
      writtenAt: new Date(bench.now() * 1000).toISOString(),
      heads: [ledger(POOL).head, ledger(OTHER).head],
    });
  });

  test('writes the heads of the others if one ledger fails, and none of a ledger without an entry', async () => {
    const { bench, sync, ledger } = await benchWithLedgers();
    ledger(POOL).fails = true;
    const result = await sync.runJob('ledger-check');
    expect(result).toMatchObject({ outcome: 'partial', read: 2, written: 1, skipped: 1 });
    expect(result.firstError).toBe('the ledger is busy');
    expect((await heads(bench))?.heads).toEqual([ledger(OTHER).head]);
    ledger(POOL).fails = false;
    ledger(POOL).head = null;
    expect(await sync.runJob('ledger-check')).toMatchObject({ outcome: 'ok', written: 1 });
  });

  test('fails if R2 does', async () => {
    const { bench } = await benchWithLedgers();
    const storage = bucketWith({ put: () => Promise.reject(new Error('R2 is down')) });
    const ofPool = () =>
      ({ compare: async () => undefined, head: async () => HEAD }) as unknown as PoolLedgerCalls;
    const failing = syncOf({ ...bench.deps, storage, ledgers: { ofPool, ofInvestment: () => null } });
    expect(await failing.runJob('ledger-check')).toMatchObject({
      outcome: 'failed',
      firstError: 'R2 is down',
    });
  });

  test('finds that an entry is gone or another one than the one that an earlier night kept', async () => {
    const { bench, sync, ledger, append } = await benchWithLedgers();
    await sync.runJob('ledger-check');
    // A backup of that night has whole ledgers beside it.
    await env.STORAGE.put(`backups/ledger/${dateOf(bench)}/${'0'.repeat(32)}.jsonl.gz`, 'not heads');
    await bench.advance(DAY);
    for (const pool of [POOL, OTHER]) append(pool, 'more');
    expect(await sync.runJob('ledger-check')).toMatchObject({ outcome: 'ok', written: 2 });
    expect(await notices()).toEqual([]);

    // A night in which the ledger does not answer keeps the earlier head.
    await bench.advance(DAY);
    ledger(POOL).fails = true;
    await sync.runJob('ledger-check');
    expect((await heads(bench))?.heads.map(({ pool, sequence }) => [pool, sequence]).sort()).toEqual([
      [POOL, 2],
      [OTHER, 2],
    ]);
    await bench.advance(3 * DAY);
    ledger(POOL).fails = false;
    ledger(POOL).entries.set(2, 'less');
    ledger(OTHER).entries.delete(2);
    await sync.runJob('ledger-check');
    expect((await notices()).map(({ pool_id, kind }) => [pool_id, kind])).toEqual([
      [POOL, 'entry_changed'],
      [OTHER, 'entry_changed'],
    ]);
    expect(bench.loggedErrors().map(({ event }) => event)).toContain('investing.entry_changed');
  });

  test('notices calls of the main API that have waited for an hour', async () => {
    const { bench, sync } = await benchWithLedgers();
    await giveLedger(POOL, bench.now() - 3_601);
    await giveLedger(OTHER, bench.now() - 3_600);
    await sync.runJob('ledger-check');
    expect(await notices()).toEqual([
      expect.objectContaining({
        pool_id: POOL,
        kind: 'call_waits',
        investment_id: null,
        noticed_at: bench.now(),
      }),
    ]);
    expect(bench.loggedErrors()).toContainEqual(
      expect.objectContaining({ event: 'investing.call_waits', pool: POOL }),
    );
  });
});

test('a transaction that was told of in two pools is noticed for both investments, once', async () => {
  const { bench, sync } = await benchWithLedgers();
  const told = async (pool_id: string, transaction_hash: string) => {
    const investment_id = await insertEdgeInvestment({ pool_id });
    const fields = { blockchain: 'ethereum', user_id: 'usr_0001', told_at: bench.now() - 60 };
    await insert('told_payment', { investment_id, transaction_hash, ...fields });
    return expect.objectContaining({ pool_id, investment_id, kind: 'hash_told_twice' });
  };
  const both = [await told(POOL, '0xa1'), await told(OTHER, '0xa1')];
  await told(POOL, '0xb2');
  await told(POOL, '0xb2');
  await sync.runJob('ledger-check');
  expect(await notices()).toHaveLength(2);
  expect(await notices()).toEqual(expect.arrayContaining(both));
  expect(bench.loggedErrors().map(({ event }) => event)).toContain('investing.hash_told_twice');
});

describe("the night's comparison with the main API", () => {
  const putRecord = (bench: Bench, id: string, fields: Row = {}) =>
    bench.control('PUT', `/investments/${id}`, {
      ...{
        user_id: 'usr_0001',
        pool_id: POOL,
        investment_amount: '100.0',
        token_amount: '50',
        token_price: '2',
      },
      ...{ payment_token: 'USDT', status: 'confirmed', total_claimed: '0', claimable_amount: '0' },
      ...{ invested_at: 1_000, updated_at: 1_100, sequence: 2, ...fields },
    });

  test('finds nothing where both say the same, or where a change is on its way', async () => {
    const { bench, sync } = await benchWithLedgers();
    const same = await insertEdgeInvestment({ pool_id: POOL });
    await putRecord(bench, same);
    const recent = await insertEdgeInvestment({
      pool_id: POOL,
      updated_at: bench.now() - 299,
      status: 'pending',
    });
    await putRecord(bench, recent);
    await insertEdgeInvestment({ pool_id: POOL, status: 'failed' });
    await putRecord(bench, edgeId(POOL), { updated_at: bench.now() - 299 });
    await giveLedger(OTHER, 5_000);
    await insertEdgeInvestment({ pool_id: OTHER, updated_at: 5_000, status: 'pending' });
    expect(await sync.runJob('ledgers-full')).toMatchObject({ outcome: 'ok' });
    expect(await notices()).toEqual([]);
  });

  test('tells a person of each difference', async () => {
    const { bench, sync } = await benchWithLedgers();
    await giveLedger(OTHER, 5_000);
    const found: [string, string][] = [];
    const expectNotice = async (
      detail: string,
      row: Parameters<typeof insertEdgeInvestment>[0],
      record: Row | null,
    ) => {
      const id = await insertEdgeInvestment(row);
      if (record !== null) await putRecord(bench, id, record);
      found.push([id, detail]);
    };
    await expectNotice(
      'The ledger says failed, and the main API confirmed.',
      { pool_id: POOL, status: 'failed' },
      {},
    );
    await expectNotice(
      'The ledger says investment_amount 100, and the main API 100.01.',
      { pool_id: POOL },
      { investment_amount: '100.01' },
    );
    await expectNotice('The main API has another user_id.', { pool_id: POOL }, { user_id: 'usr_0002' });
    await expectNotice('The main API has another pool_id.', { pool_id: POOL }, { pool_id: OTHER });
    // All calls for it are answered: the one that waits is younger than its last change.
    await expectNotice(
      'The ledger says confirmed, and the main API has no such investment.',
      { pool_id: OTHER, updated_at: 4_999 },
      null,
    );
    const unknown = edgeId(POOL);
    await putRecord(bench, unknown);

    await sync.runJob('ledgers-full');
    const rows = await notices();
    expect(new Map(rows.map((row) => [row.investment_id, row.detail]))).toEqual(
      new Map([...found, [unknown, 'The main API has an investment that no ledger knows.']]),
    );
    expect(rows.every((row) => Number(row.notice_id) < 0 && row.noticed_at === bench.now())).toBe(true);
    expect(bench.loggedErrors().map(({ event }) => event)).toContain('investing.unknown_investment');

    // The same differences of the next night are the same notices.
    const logged = bench.loggedErrors().length;
    await bench.advance(DAY);
    await sync.runJob('ledgers-full');
    expect((await notices()).map((row) => [row.notice_id, row.noticed_at])).toEqual(
      rows.map((row) => [row.notice_id, bench.now()]),
    );
    expect(bench.loggedErrors().length).toBe(2 * logged);
  });

  test('compares nothing that a ledger did not take or whose record is unreadable', async () => {
    const { bench, sync, ledger } = await benchWithLedgers();
    const ids = [
      await insertEdgeInvestment({ pool_id: POOL, status: 'failed' }),
      await insertEdgeInvestment({ pool_id: OTHER, status: 'confirmed' }),
    ];
    await putRecord(bench, ids[0] ?? '');
    await putRecord(bench, ids[1] ?? '', { pool_id: OTHER, token_price: 'abc' });
    ledger(POOL).fails = true;
    expect(await sync.runJob('ledgers-full')).toMatchObject({ outcome: 'partial' });
    expect(await notices()).toEqual([]);
  });
});

describe('a pool whose payment token nobody knows', () => {
  test('is noticed once in half a day while it is not over', async () => {
    const bench = await createBench();
    await bench.control('PATCH', `/pools/${POOL}`, { payment_token: 'NEW', payment_decimals: null });
    const ended = { sale_start: 1, sale_end: 2, payment_decimals: null, payment_token: 'NEW' };
    await bench.control('PATCH', `/pools/${OTHER}`, ended);
    const run = () => bench.sync.runCron('*/15 * * * *');
    await run();
    const [notice, ...others] = await notices();
    expect([notice, others]).toEqual([
      expect.objectContaining({ pool_id: POOL, kind: 'unknown_decimals', noticed_at: bench.now() }),
      [],
    ]);
    expect(notice?.detail).toContain('NEW');
    const logged = () =>
      bench.loggedErrors().filter(({ event }) => event === 'investing.unknown_decimals').length;
    expect(logged()).toBe(1);
    await bench.advance(900);
    await run();
    expect([logged(), (await notices())[0]?.noticed_at]).toEqual([1, bench.now() - 900]);
    await bench.advance(43_200);
    await run();
    expect([logged(), (await notices())[0]?.noticed_at]).toEqual([2, bench.now()]);
  });
});

describe('notices', () => {
  const notice = (id: number, kind: string, noticedAt: number) =>
    insert('ledger_notice', { pool_id: 'p', notice_id: id, kind, detail: 'x', noticed_at: noticedAt });

  test('of the last day are counted by /health, the latest kind first, and change no status', async () => {
    const { gateway, market } = await startServing();
    const now = market.startAt;
    await notice(1, 'cancelled', now - DAY - 1);
    await notice(2, 'cancelled', now - 100);
    await notice(3, 'refused', now - 50);
    await notice(4, 'cancelled', now - 60);
    const response = await gateway.fetch('/health');
    const body = (await response.json()) as { ledgerNotices: Record<string, number> };
    expect([response.status, JSON.stringify(body.ledgerNotices)]).toEqual([
      200,
      '{"refused":1,"cancelled":2}',
    ]);
  });

  test('are kept for 90 days', async () => {
    const bench = await createBench();
    await notice(1, 'old', bench.now() - 90 * DAY - 1);
    await notice(2, 'kept', bench.now() - 90 * DAY);
    await bench.sync.runJob('cleanup');
    expect((await notices()).map(({ kind }) => kind)).toEqual(['kept']);
  });
});
