/** A ledger compared with itself and with D1: a difference is told to a person, and D1 gets the ledger's row. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { poolKey } from '../../../src/investing/pool-key.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { insert } from '../../support/investors.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

let sale: TestSale;
let rows: InvestmentRow[];
beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  sale = await openSale();
  rows = [];
  for (const user of ['ann', 'bob', 'cid']) rows.push(await sale.invest(user, '20'));
  await sale.settle();
});
afterEach(() => void vi.restoreAllMocks());

async function notices(): Promise<object[]> {
  const { results } = await env.DB.prepare('SELECT kind, investment_id, detail FROM ledger_notice').all();
  return results;
}
const change = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const idAt = (at: number) => rows[at]?.id ?? '';

test('nothing differs after investments, payments and refusals', async () => {
  await sale.submit(rows[0] as InvestmentRow);
  await sale.pass(1_900);
  await sale.ledger.compare();
  expect(await notices()).toEqual([]);
});

test('rows of D1 that are wrong, gone or made up are told, and the ledger writes its own again', async () => {
  const before = await Promise.all(rows.map((row) => sale.shown(row)));
  const madeUp = `${poolKey(sale.poolId)}-00000000-0000-4000-8000-000000000000`;
  await change("UPDATE user_investment_cache SET token_amount = '11' WHERE id = ?", idAt(0));
  await change('DELETE FROM user_investment_cache WHERE id = ?', idAt(1));
  await insert('user_investment_cache', { ...before[2], id: madeUp });
  await sale.ledger.compare();
  const found = await notices();
  expect(found).toHaveLength(3);
  expect(found).toEqual(
    expect.arrayContaining([
      {
        kind: 'ledger_differs',
        investment_id: idAt(0),
        detail:
          'D1 shows pending at revision 1: 11 tokens for 20, the ledger has pending at revision 1: 10 tokens for 20',
      },
      {
        kind: 'ledger_differs',
        investment_id: madeUp,
        detail: 'D1 shows pending at revision 1: 10 tokens for 20, the ledger has nothing',
      },
      {
        kind: 'ledger_differs',
        investment_id: idAt(1),
        detail: 'D1 shows nothing, the ledger has pending at revision 1: 10 tokens for 20',
      },
    ]),
  );
  expect(await Promise.all(rows.map((row) => sale.shown(row)))).toEqual(before);
  await change('DELETE FROM user_investment_cache WHERE id = ?', madeUp);
  await sale.ledger.compare();
  expect(await notices()).toHaveLength(3);
});

test('a ledger whose own rows do not agree is told', async () => {
  await runInDurableObject(sale.ledger, (_, { storage }) => {
    storage.sql.exec("UPDATE investment SET token_amount = '11' WHERE id = ?", idAt(0));
  });
  await sale.ledger.compare();
  expect(await notices()).toContainEqual(
    expect.objectContaining({ kind: 'ledger_differs', investment_id: null }),
  );
});
