/** Ledgers whose alarm is gone: the minute's job finds them by their rows in D1, and wakes no other. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { LEDGER_POKE_AFTER_SECONDS } from '../../../src/config.ts';
import { poolsWithOldWork } from '../../../src/storage/d1/ledger-work.ts';
import { countedD1 } from '../../support/counted-bindings.ts';
import { CRONS } from '../../support/gateway.ts';
import { insertInvestments } from '../../support/investors.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

let sale: TestSale;
beforeEach(async () => {
  sale = await openSale();
});

/** The platform has given the alarm up: time passes, and nothing happens. */
async function loseAlarm(seconds: number): Promise<void> {
  await runInDurableObject(sale.ledger, (_, state) => state.storage.deleteAlarm());
  await sale.gateway.advance(seconds);
}
const pokes = async () => {
  sale.gateway.resetCounts();
  await sale.gateway.scheduled(CRONS.prices);
  return sale.gateway.counts.durableObjectCalls;
};

describe('a ledger without its alarm', () => {
  test('makes its calls of the main API when the job wakes it', async () => {
    await sale.market.fault({ route: 'create-investment', kind: '503' });
    const investment = await sale.invest('ann', '200');
    await sale.settle();
    await sale.pass(2);
    await sale.market.clearFaults();
    await loseAlarm(LEDGER_POKE_AFTER_SECONDS);
    expect(await sale.upstream(investment)).toBeNull();
    await sale.gateway.scheduled(CRONS.prices);
    await sale.settle();
    expect(await sale.upstream(investment)).toMatchObject({ status: 'pending' });
  });

  test('releases what has run out when the job wakes it', async () => {
    const investment = await sale.invest('ann', '200');
    await sale.settle();
    await loseAlarm(1_801);
    expect(await sale.shown(investment)).toMatchObject({ status: 'pending' });
    await sale.gateway.scheduled(CRONS.prices);
    expect(await sale.shown(investment)).toMatchObject({ status: 'failed', failure: 'EXPIRED' });
  });

  test('is found without a look at investments that wait for nothing', async () => {
    const { gateway, poolId } = sale;
    await sale.invest('ann', '200');
    await insertInvestments(
      ...Array.from({ length: 200 }, (_, at) => ({
        ...{ id: `pending-${at}`, user_id: 'bob', pool_id: poolId, status: 'pending' as const },
      })),
    );
    gateway.resetCounts();
    await poolsWithOldWork(countedD1(env.DB, gateway.counts), { outboxSince: 1, nowSeconds: 4_000_000_000 });
    expect(gateway.counts.d1RowsRead).toBeLessThan(10);
  });

  test('writes every row again into a D1 that was restored from a backup', async () => {
    const tables = [
      'user_investment_cache',
      'pool_member',
      'told_payment',
      'investment_transaction',
      'ido_pool_cache',
    ];
    const rows = async () => {
      const reads = tables.map((table) => env.DB.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`));
      const results = await env.DB.batch<Record<string, unknown>>(reads);
      // When D1 first had the row.
      return results.map(({ results: own }) => own.map(({ created_at: _, ...row }) => row));
    };
    const early = await sale.invest('ann', '200');
    await sale.settle();
    await sale.pass(2);
    await sale.submit(early);
    const late = await sale.invest('bob', '300');
    await sale.settle();
    await sale.pass(2);
    const before = await rows();

    await env.DB.batch([
      env.DB.prepare('DELETE FROM user_investment_cache WHERE id = ?1').bind(late.id),
      env.DB.prepare(
        'UPDATE user_investment_cache SET transaction_hash = NULL, revision = 1, updated_at = invested_at',
      ),
      env.DB.prepare('DELETE FROM told_payment'),
      env.DB.prepare('DELETE FROM pool_member'),
      env.DB.prepare(
        "UPDATE ido_pool_cache SET sold_tokens = '0', ledger_revision = 0, ledger_outbox_since = 0 WHERE id = ?1",
      ).bind(sale.poolId),
    ]);
    expect(await rows()).not.toEqual(before);
    await sale.gateway.scheduled(CRONS.prices);
    expect(await rows()).toEqual(before);
  });

  test.each([
    ['that knows the ledger', 0],
    ['of before the ledger began', null],
  ])(
    'writes every row again into a restored D1 %s, although somebody invests before the job wakes it',
    async (_, revision) => {
      const early = await sale.invest('ann', '200');
      await sale.settle();
      await sale.pass(2);
      await env.DB.batch([
        env.DB.prepare('DELETE FROM user_investment_cache WHERE id = ?1').bind(early.id),
        env.DB.prepare(
          'UPDATE ido_pool_cache SET ledger_revision = ?2, ledger_outbox_since = 0 WHERE id = ?1',
        ).bind(sale.poolId, revision),
      ]);
      const late = await sale.invest('bob', '300');
      await sale.pass(2);
      await sale.gateway.scheduled(CRONS.prices);
      expect(await sale.shown(late)).not.toBeNull();
      expect(await sale.shown(early)).toMatchObject({ user_id: 'ann', status: 'pending' });
    },
  );

  test('is left alone if it has nothing to do', async () => {
    const before = await pokes();
    const investment = await sale.invest('ann', '200');
    await sale.submit(investment);
    await sale.settle();
    await sale.pass(2);
    await loseAlarm(3_600);
    expect(await pokes()).toBe(before);
  });
});
