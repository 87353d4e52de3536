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
