import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  countInvestments,
  type InvestmentRow,
  type InvestmentStatus,
  investmentPage,
  investmentWrites,
} from '../../../src/storage/d1/investments.ts';
import { countedD1, noCounts } from '../../support/counted-bindings.ts';
import { MADE_ELSEWHERE } from '../../support/investment-rows.ts';
import { drawn } from '../../support/list-inputs.ts';

const STATUSES: readonly InvestmentStatus[] = ['pending', 'confirmed', 'failed', 'refunded'];

function investment(id: string, userId: string, status: InvestmentStatus, investedAt: number): InvestmentRow {
  return {
    ...{ id, user_id: userId, pool_id: 'pool', status, invested_at: investedAt, updated_at: investedAt },
    ...{ investment_amount: '1', token_amount: '1', token_price: '1', payment_token: 'USDT' },
    ...{ total_claimed: '0', claimable_amount: '0', next_claim_date: null, transaction_hash: null },
    ...{ block_number: null, confirmed_at: null },
    ...MADE_ELSEWHERE,
  };
}

async function write(rows: readonly InvestmentRow[]): Promise<void> {
  const statements = investmentWrites(
    env.DB,
    rows.map((row) => ({ ...row, total_claimed_units: '' })),
    0,
  );
  if (statements.length > 0) await env.DB.batch(statements);
}

const newestFirst = (rows: readonly InvestmentRow[]) =>
  rows.toSorted((a, b) => b.invested_at - a.invested_at || (a.id < b.id ? 1 : -1)).map(({ id }) => id);

const investments = fc.array(
  fc.record({
    userId: fc.constantFrom('one', 'two'),
    status: fc.constantFrom(...STATUSES),
    investedAt: fc.integer({ min: 1_000, max: 1_005 }),
  }),
  { maxLength: 40 },
);

it("pages through a user's investments, newest first, while new ones arrive", async () => {
  const runs = fc.record({
    drawn: investments,
    status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }),
    first: fc.integer({ min: 1, max: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async (run) => {
      await env.DB.prepare('DELETE FROM user_investment_cache').run();
      const rows = run.drawn.map(({ userId, status, investedAt }, index) =>
        investment(`inv-${index}`, userId, status, investedAt),
      );
      await write(rows);
      const own = rows.filter(
        ({ user_id, status }) => user_id === 'one' && (run.status ?? status) === status,
      );
      const query = { userId: 'one', status: run.status, limit: run.first };
      expect(await countInvestments(env.DB, 'one', run.status)).toBe(own.length);

      const seen: string[] = [];
      let page = await investmentPage(env.DB, { ...query, after: null });
      for (let number = 0; page.length > 0; number++) {
        seen.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        await write([investment(`new-${number}`, 'one', run.status ?? 'pending', 2_000 + number)]);
        const after = last === undefined ? null : { key: last.sort_key, id: last.id };
        page = await investmentPage(env.DB, { ...query, after });
      }
      expect(seen).toEqual(newestFirst(own));
    }),
    drawn(40),
  );
});

it("reads no more rows for page 50 of a user's investments than for page 1", async () => {
  await env.DB.prepare('DELETE FROM user_investment_cache').run();
  await write(
    Array.from({ length: 1_200 }, (_, index) =>
      investment(`inv-${index}`, index % 2 ? 'one' : 'two', 'confirmed', Math.floor(index / 100)),
    ),
  );
  const counts = noCounts();
  const rowsRead = async (after: { key: number; id: string } | null) => {
    Object.assign(counts, noCounts());
    const query = { userId: 'one', status: 'confirmed', after, limit: 10 } as const;
    expect(await investmentPage(countedD1(env.DB, counts), query)).toHaveLength(10);
    return counts.d1RowsRead;
  };
  const first490 = await investmentPage(env.DB, { userId: 'one', after: null, limit: 490 });
  const last = first490.at(-1);
  const page1 = await rowsRead(null);
  const page50 = await rowsRead({ key: Number(last?.sort_key), id: String(last?.id) });
  expect([page1, page50]).toEqual([10, 10]);
});

it("gives at an offset the investments that come behind so many of the user's", async () => {
  const runs = fc.record({
    drawn: investments,
    status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }),
    offset: fc.integer({ min: 0, max: 25 }),
    limit: fc.integer({ min: 1, max: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ status, offset, limit, ...run }) => {
      await env.DB.prepare('DELETE FROM user_investment_cache').run();
      const rows = run.drawn.map((row, index) =>
        investment(`inv-${index}`, row.userId, row.status, row.investedAt),
      );
      await write(rows);
      const own = rows.filter((row) => row.user_id === 'one' && (status ?? row.status) === row.status);
      const page = await investmentPage(env.DB, { userId: 'one', status, after: null, offset, limit });
      expect(page.map(({ id }) => id)).toEqual(newestFirst(own).slice(offset, offset + limit));
    }),
    drawn(40),
  );
});
