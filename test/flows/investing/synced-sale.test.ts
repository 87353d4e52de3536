/** A sale as the syncs see it: what other channels sell, a pool that is cancelled, and the night after it. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LedgerHead } from '../../../src/investing/pool-ledger.ts';
import { type EntryName, LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import { CRONS } from '../../support/gateway.ts';
import { madeHash, openSale, type TestSale } from '../../support/sale.ts';

let sale: TestSale;
beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  sale = await openSale();
});
afterEach(() => void vi.restoreAllMocks());

/** A sync, after which D1 has the pool's figures, which a ledger writes once a second. */
async function sync(cron: string = CRONS.pools): Promise<void> {
  await sale.gateway.scheduled(cron);
  await sale.pass(2);
}

async function shownPool() {
  const sql = 'SELECT sold_tokens, total_raised, participant_count FROM ido_pool_cache WHERE id = ?';
  const row = await env.DB.prepare(sql).bind(sale.poolId).first<Record<string, string | number>>();
  return [row?.sold_tokens, row?.total_raised, row?.participant_count];
}

/** Of the public entries, which are checked as anybody can. */
async function verified(known: readonly EntryName[] = []) {
  const verifier = new LedgerVerifier(known);
  const lines = (await sale.ledger.exportEntries(0, 10_000)).trimEnd().split('\n');
  for (const line of lines)
    expect(verifier.accept(new TextEncoder().encode(line))).not.toHaveProperty('fault');
  expect(verifier.end()).toBeNull();
  return verifier.summary;
}

const noticeKinds = async () =>
  (await env.DB.prepare('SELECT DISTINCT kind FROM ledger_notice ORDER BY kind').all()).results.map(
    ({ kind }) => kind,
  );

describe('sold tokens', () => {
  test('count an investment once, though the main API counts it too', async () => {
    await sale.invest('ann', '200');
    await sale.settle();
    await sale.pass(5);
    await sync();
    expect(await shownPool()).toEqual(['100', '200', 1]);
    await sync();
    expect(await shownPool()).toEqual(['100', '200', 1]);
  });

  test('of the second of the acknowledgement count twice until the next sync at most', async () => {
    await sale.invest('ann', '200');
    await sale.settle();
    // The clock of both stands still: the snapshot may or may not count the investment.
    await sale.gateway.scheduled(CRONS.pools);
    await sale.pass(2);
    expect(['100', '200']).toContain((await shownPool())[0]);
    await sale.market.patchPool(sale.poolId, { description: 'later' });
    await sync();
    await sync();
    expect(await shownPool()).toEqual(['100', '200', 1]);
  });

  test('of other channels leave less for sale here, and come back when they are given up', async () => {
    await sale.invest('ann', '1000');
    await sale.settle();
    await sale.pass(5);
    await sale.market.patchPool(sale.poolId, {
      sold_tokens: '900',
      total_raised: '1800',
      participant_count: 3,
    });
    await sync();
    expect(await shownPool()).toEqual(['900', '1800', 3]);
    await expect(sale.invest('bob', '202')).rejects.toThrow('SOLD_OUT');
    await sale.invest('bob', '200');
    await sale.settle();
    await sale.pass(5);
    await sync();
    expect(await shownPool()).toEqual(['1000', '2000', 4]);

    await sale.pass(5);
    await sale.market.patchPool(sale.poolId, {
      sold_tokens: '800',
      total_raised: '1600',
      participant_count: 4,
    });
    await sync();
    // Its own 600 are in it, so other channels have sold 200.
    expect(await shownPool()).toEqual(['800', '1600', 4]);
    expect((await verified()).balances).toMatchObject({ 'tokens:elsewhere': '200', 'tokens:unsold': '200' });
    await sale.invest('cid', '400');
  });
});

test('a pool that is cancelled owes every payment, until the main API has given it back', async () => {
  const [paid, confirmed, open] = [
    await sale.invest('ann', '200'),
    await sale.invest('bob', '200'),
    await sale.invest('cid', '200'),
  ];
  await sale.settle();
  await sale.submit(confirmed);
  await sale.settle();
  await sale.pass(130);
  await sync();
  await sale.submit(paid);
  await sale.settle();
  await sale.market.patchPool(sale.poolId, { status: 'cancelled' });
  await sync();
  const states = () =>
    Promise.all(
      [paid, confirmed, open].map(async (investment) => {
        const row = await sale.shown(investment);
        return [row?.status, row?.failure, row?.refund_due];
      }),
    );
  expect(await states()).toEqual([
    ['failed', 'POOL_CANCELLED', 1],
    ['confirmed', null, 0],
    ['failed', 'POOL_CANCELLED', 0],
  ]);
  await expect(sale.invest('dan', '200')).rejects.toThrow('POOL_NOT_OPEN');
  expect(await noticeKinds()).toContain('cancelled');
  await sale.pass(3_700);
  await sync();
  expect(await states()).toEqual([
    ['refunded', 'POOL_CANCELLED', 0],
    ['refunded', null, 0],
    ['failed', 'POOL_CANCELLED', 0],
  ]);
});

test('the night after a lively sale finds no difference, and keeps a head that the public entries lead to', async () => {
  const { market } = sale;
  const people = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'];
  const [paid, madeUp, expired, late, refused, elsewhere] = await Promise.all(
    people.map((user) => sale.invest(user, '100')),
  );
  if (!paid || !madeUp || !expired || !late || !refused || !elsewhere)
    throw new Error('not everybody invested');
  await sale.settle();
  await market.refuse({ route: 'create-investment', paid: true, investmentId: refused.id });
  await sale.submit(paid);
  await sale.submit(madeUp, `0xbad${madeHash().slice(5)}`);
  await sale.submit(refused);
  await sale.pass(600);
  await sync();
  await sale.pass(1_800);
  await sale.submit(late);
  await sale.pass(600);
  await sync();
  const statuses = await Promise.all(
    [paid, madeUp, expired, late, refused].map(async (investment) => (await sale.shown(investment))?.status),
  );
  expect(statuses).toEqual(['confirmed', 'failed', 'failed', 'confirmed', 'failed']);
  // Until everything has rested for a while, and refunds are made.
  await sale.pass(4_000);
  await sync();
  await sale.pass(900);
  await sync(CRONS.nightly);
  expect(await noticeKinds()).toEqual(['refused']);

  const day = new Date(Date.now()).toISOString().slice(0, 10);
  const file = await env.STORAGE.get(`backups/ledger/${day}.json`);
  const heads = (await file?.json<{ heads: LedgerHead[] }>())?.heads ?? [];
  const { databaseBytes, ...head } = (await sale.ledger.head()) ?? {};
  expect(heads).toEqual([head]);
  const { results: sizes } = await env.DB.prepare('SELECT name, bytes FROM object_size').all();
  expect(sizes).toEqual([{ name: `the ledger of the pool ${sale.poolId}`, bytes: databaseBytes }]);
  expect(databaseBytes).toBeGreaterThan(4_096);
  expect((await verified(heads)).balances).toMatchObject({ 'tokens:sold': '100', 'money:paid': '200' });

  // The next night finds the kept entry where it was, behind which others have come.
  await sale.pass(43_000);
  await sale.invest('gus', '100');
  await sale.pass(43_400);
  await sync(CRONS.nightly);
  expect(await noticeKinds()).toEqual(['refused']);
  expect((await sale.ledger.head())?.sequence).toBeGreaterThan(heads[0]?.sequence ?? 0);
});
