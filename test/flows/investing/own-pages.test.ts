/** A person's own pages over HTTP: their portfolio and their transactions. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { createInvestor, type Investor, insertInvestments } from '../../support/investors.ts';
import { createMarket, type TestMarket } from '../../support/market.ts';
import { TABLES } from '../../support/tables.ts';

let market: TestMarket;
let gateway: TestGateway;
let ann: Investor;
beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  market = await createMarket({ projectCount: 12, poolCount: 3, investmentCount: 0 });
  gateway = startGateway(market);
  const { pools } = await market.records();
  await market.putPool('pool', { ...pools[0], id: 'pool', project_id: 'prj_bitcoin' });
  await market.pinPrice('BTC', 40_000.5);
  await market.pinPrice('USDT', 0.5);
  await syncAll(gateway);
  ann = await createInvestor('ann');
});

async function viewerOf<Viewer>(fields: string): Promise<Viewer> {
  const { data, errors } = await gateway.post<{ viewer: Viewer }>(
    { query: `{ viewer { ${fields} } }` },
    ann.headers,
  );
  expect(errors).toBeUndefined();
  return data.viewer;
}

const PORTFOLIO = `portfolio {
  invested { token amount } investedUsd currentValueUsd profitPercent unpricedSymbols
  holdings { symbol project { slug } tokenAmount currentValueUsd }
}`;

test('a portfolio is valued at live prices', async () => {
  const own = { user_id: 'ann', pool_id: 'pool' };
  await insertInvestments(
    { ...own, id: 'one', investment_amount: '100000', token_amount: '1.5' },
    { ...own, id: 'two', investment_amount: '20000.000001', token_amount: '0.5' },
    { ...own, id: 'refunded', status: 'refunded' },
    { ...own, id: "another person's", user_id: 'bob' },
  );
  expect(await viewerOf(PORTFOLIO)).toEqual({
    portfolio: {
      invested: [{ token: 'USDT', amount: '120000.000001' }],
      investedUsd: 60_000.000_000_5,
      currentValueUsd: 80_001,
      profitPercent: 33.334_999_998_888_875,
      unpricedSymbols: [],
      holdings: [{ symbol: 'BTC', project: { slug: 'bitcoin' }, tokenAmount: '2', currentValueUsd: 80_001 }],
    },
  });
});

test('a portfolio of nothing is worth nothing', async () => {
  expect(await viewerOf(PORTFOLIO)).toEqual({
    portfolio: {
      ...{ invested: [], investedUsd: 0, currentValueUsd: 0, profitPercent: null },
      ...{ unpricedSymbols: [], holdings: [] },
    },
  });
});

test('a portfolio lists the symbols that no source prices now', async () => {
  const own = { user_id: 'ann', pool_id: 'pool' };
  await insertInvestments(
    { ...own, id: 'priced' },
    { ...own, id: 'unknown payment', payment_token: 'NOT-SYNCED' },
    { ...own, id: 'unknown pool', pool_id: 'pool of another day' },
  );
  await market.fault({ route: 'prices-batch', kind: '503' });
  const { portfolio } = await viewerOf<{ portfolio: Record<string, unknown> }>(PORTFOLIO);
  expect(portfolio).toMatchObject({
    investedUsd: 100,
    profitPercent: null,
    unpricedSymbols: ['?', 'NOT-SYNCED'],
  });
});

interface Page {
  transactions: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string };
    nodes: { id: string; kind: string; investment: { id: string } }[];
  };
}

test('transactions come page by page, and are counted only when that is asked for', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  await insertInvestments(
    ...ids.map((id, at) => ({ id, user_id: 'ann', pool_id: 'pool', confirmed_at: 100 + at })),
    { id: "bob's", user_id: 'bob', pool_id: 'pool' },
  );
  const fields = 'pageInfo { hasNextPage endCursor } nodes { id kind investment { id } }';
  const first = await viewerOf<Page>(`transactions(first: 3) { totalCount ${fields} }`);
  const { endCursor, hasNextPage } = first.transactions.pageInfo;
  expect([hasNextPage, first.transactions.totalCount]).toEqual([true, 5]);
  gateway.resetCounts();
  const second = await viewerOf<Page>(`transactions(first: 3, after: "${endCursor}") { ${fields} }`);
  const uncounted = gateway.counts.d1Calls;
  await viewerOf<Page>(`transactions(first: 3, after: "${endCursor}") { totalCount ${fields} }`);
  expect(gateway.counts.d1Calls - uncounted).toBe(uncounted + 1);
  expect(second.transactions.pageInfo.hasNextPage).toBe(false);
  expect([...first.transactions.nodes, ...second.transactions.nodes]).toEqual(
    ids.toReversed().map((id) => ({
      id: encodeGlobalId('Transaction', `payment:${id}`),
      kind: 'PAYMENT',
      investment: { id: encodeGlobalId('Investment', id) },
    })),
  );
});

interface OwnPages {
  investments: { totalCount: number; nodes: { id: string }[]; pageInfo: object };
  transactions: { totalCount: number; nodes: { id: string }[]; pageInfo: object };
}

test('investments and transactions are left out by an offset, and a cursor goes on behind it', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  await insertInvestments(
    ...ids.map((id, at) => ({
      id,
      user_id: 'ann',
      pool_id: 'pool',
      invested_at: 50 + at,
      confirmed_at: 100 + at,
    })),
    { id: "bob's", user_id: 'bob', pool_id: 'pool' },
  );
  const fields = 'totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor }';
  const pages = (args: string) =>
    viewerOf<OwnPages>(`investments(${args}) { ${fields} } transactions(${args}) { ${fields} }`);
  const whole = await pages('first: 5, offset: 0');
  const middle = await pages('first: 2, offset: 2');
  const beyond = await pages('offset: 10000');
  for (const list of ['investments', 'transactions'] as const) {
    expect(whole[list].nodes).toHaveLength(5);
    expect(middle[list]).toMatchObject({
      totalCount: 5,
      nodes: whole[list].nodes.slice(2, 4),
      pageInfo: { hasNextPage: true, hasPreviousPage: true },
    });
    const { endCursor } = middle[list].pageInfo as { endCursor: string };
    const { [list]: behind } = await viewerOf<OwnPages>(`${list}(after: "${endCursor}") { ${fields} }`);
    expect(behind.nodes).toEqual(whole[list].nodes.slice(4));
    expect(beyond[list]).toEqual({
      totalCount: 5,
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, endCursor: null },
    });
    for (const refused of ['offset: -1', 'offset: 10001', `offset: 1, after: "${endCursor}"`]) {
      const query = `{ viewer { ${list}(${refused}) { totalCount } } }`;
      const { data, errors } = await gateway.post({ query }, ann.headers);
      expect(data).toEqual({ viewer: { [list]: null } });
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'BAD_USER_INPUT', argumentPath: ['offset'] },
      ]);
    }
  }
});

test('a claim that was asked for here reduces what can be claimed until the main API counts it', async () => {
  const claimable = async () => {
    const query = '{ viewer { investments { nodes { totalClaimed claimableAmount } } } }';
    const { data } = await gateway.post<{ viewer: { investments: { nodes: unknown[] } } }>(
      { query },
      ann.headers,
    );
    return data.viewer.investments.nodes[0];
  };
  const own = { id: 'one', user_id: 'ann', pool_id: 'pool' };
  await insertInvestments({ ...own, total_claimed: '10', claimable_amount: '5.5' });
  expect(await claimable()).toEqual({ totalClaimed: '10', claimableAmount: '5.5' });
  for (const [totalClaimed, vested, level, claimableAmount] of [
    ['10', '5.5', '15.5', '0'],
    ['10', '7', '15.5', '1.5'],
    ['15.5', '1.5', '15.5', '1.5'],
    ['16', '1', '15.5', '1'],
    ['10', '5', '15.5', '0'],
  ]) {
    await env.DB.prepare(
      'UPDATE user_investment_cache SET total_claimed = ?1, claimable_amount = ?2, claim_level = ?3',
    )
      .bind(totalClaimed, vested, level)
      .run();
    expect(await claimable()).toEqual({ totalClaimed, claimableAmount });
  }
});
