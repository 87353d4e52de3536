/** Pools, investing and the portfolio over `/api`, with accounts of D1 and the ledger of a pool. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { LEDGER_RETRY_SECONDS, RATE_LIMITS } from '../../../src/config.ts';
import { transactionHashOf } from '../../support/ask-to-invest.ts';
import { faultyObjects, platformError } from '../../support/faulty-objects.ts';
import { CRONS, syncAll, type TestGateway } from '../../support/gateway.ts';
import { createInvestor, type Investor, signedInAgain } from '../../support/investors.ts';
import {
  type Asked,
  type Caller,
  callRoute,
  FIELDS,
  type Investment,
  ownInvestments,
  ownPages,
  type Page,
  platformData,
  type ROUTES,
  refusalOf,
  STRANGER,
} from '../../support/rest-investing.ts';
import { openSale, type TestSale } from '../../support/sale.ts';

const DAY_SECONDS = 86_400;

let sale: TestSale;
let gateway: TestGateway;
let ann: Investor;
beforeEach(() => enter());
afterEach(() => vi.useRealTimers());

async function enter(
  fields: Record<string, unknown> = {},
  bindings: Record<string, unknown> = {},
): Promise<void> {
  sale = await openSale({ max_allocation: '500', ...fields }, bindings);
  ({ gateway } = sale);
  // Counters of limits outlive a test.
  ann = await createInvestor(`ann-${crypto.randomUUID()}`);
}

/** A sale to those on a list, which is open for registration. */
function enterRegistration(): Promise<void> {
  const now = sale.market.startAt;
  const times = { registration_start: now - 60, registration_end: now + 600, sale_start: now + 900 };
  return enter({ ...times, pool_type: 'whitelist', status: undefined });
}

const call = <Body = unknown>(route: keyof typeof ROUTES, asked: Asked = {}, caller: Caller = ann) =>
  callRoute<Body>(gateway, route, asked, caller);

interface Investing {
  pool?: string;
  amount?: unknown;
  key?: string;
  body?: unknown;
}
function invest(investing: Investing = {}, caller: Caller = ann) {
  const { pool: id = sale.poolId, amount = '100', key = crypto.randomUUID(), body = { amount } } = investing;
  return call<Investment>('invest', { id, body, headers: { 'Idempotency-Key': key } }, caller);
}

const annsInvestments = () => ownInvestments(gateway, ann);
const ONE_PAGE = { page: 1, limit: 20, totalPages: 1, hasNext: false, hasPrev: false };

describe('pools', () => {
  test('are listed by filter and page, each as GraphQL shows it', async () => {
    const { market } = sale;
    const { pools, projects } = await market.records();
    const { id: projectId = '', slug = '' } = projects[0] ?? {};
    const times = {
      sale_start: market.startAt - 60,
      sale_end: market.startAt + 60,
      updated_at: market.startAt,
    };
    for (const id of ['private-1', 'private-2', 'private-3'])
      await market.putPool(id, { ...pools[0], ...times, id, project_id: projectId, pool_type: 'private' });
    await syncAll(gateway);
    const { idoPools } = await platformData<{ idoPools: { nodes: unknown[]; totalCount: number } }>(
      gateway,
      `{ idoPools { totalCount nodes { ${FIELDS.pool} } } }`,
    );
    const all = await call<Page<{ id: string }>>('pools', {}, STRANGER);
    expect(all.status).toBe(200);
    expect(all.headers.get('Cache-Control')).toMatch(/^public/);
    expect(all.body).toEqual({
      data: idoPools.nodes,
      pagination: { ...ONE_PAGE, total: idoPools.totalCount },
    });
    const listed = async (query: string) =>
      (await call<Page<{ id: string }>>('pools', { query })).body.data.map(({ id }) => id);
    const privates = all.body.data.map(({ id }) => id).filter((id) => id.startsWith('private-'));
    expect(await listed('type=private')).toEqual(privates);
    expect(await listed('type=private&limit=2')).toEqual(privates.slice(0, 2));
    expect(await listed('type=private&limit=2&page=2')).toEqual(privates.slice(2));
    expect(await listed('type=public&status=active')).toContain(sale.poolId);
    expect(await listed('status=cancelled')).toEqual([]);
    const ofProject = await listed(`project=${projectId}`);
    expect(ofProject).toEqual(expect.arrayContaining(privates));
    expect(await listed(`project=${slug}`)).toEqual(ofProject);
    expect(await listed(`project=${encodeGlobalId('Project', projectId)}`)).toEqual(ofProject);
    expect(await listed('project=no-project')).toEqual([]);
  });

  test('are found by either id, and show nothing of the person who asks', async () => {
    const { body: made } = await invest();
    const id = encodeGlobalId('IdoPool', sale.poolId);
    const query = `{ idoPool(id: "${id}") { ${FIELDS.pool} } }`;
    const { idoPool } = await platformData<{ idoPool: unknown }>(gateway, query);
    const anns = await call('pool', { id: sale.poolId });
    expect(anns.body).toEqual(idoPool);
    const strangers = await call('pool', { id }, STRANGER);
    expect(strangers.body).toEqual(idoPool);
    expect(strangers.headers.get('Cache-Control')).toMatch(/^public/);
    expect(strangers.headers.get('X-Cache')).toBe('HIT');
    const text = JSON.stringify([anns.body, (await call('pools')).body]);
    for (const canary of [ann.id, made.id]) expect(text).not.toContain(canary);
    for (const unknown of ['unknown', 'no id', encodeGlobalId('Project', 'prj_bitcoin')])
      expect(refusalOf(await call('pool', { id: unknown }))).toBe('404 NOT_FOUND');
  });
});

describe('an investment', () => {
  test('lives from the list of its pool to a claim over /api alone', async () => {
    await enterRegistration();
    await syncAll(gateway);
    for (const _ of ['once', 'again']) {
      const { status, body, headers } = await call('register', { id: sale.poolId });
      expect([status, body, headers.get('Content-Type')]).toEqual([204, null, null]);
      expect(headers.get('Cache-Control')).toBe('private, no-store');
    }
    await sale.market.setEligible(sale.poolId, ann.id, true);
    await gateway.advance(900);
    const made = await invest({ amount: '100.50' });
    expect([made.status, [made.body]]).toEqual([201, await annsInvestments()]);
    const { id } = made.body;
    expect(made.body).toMatchObject({ amount: '100.5', pool: { id: sale.poolId }, status: 'pending' });
    const transactionHash = transactionHashOf(1);
    const paid = await call('payment', { id, body: { transactionHash } });
    expect([paid.status, [paid.body]]).toEqual([200, await annsInvestments()]);
    expect(paid.body).toMatchObject({ id, transactionHash, reservationExpiresAt: null });
    expect(refusalOf(await call('claim', { id }))).toBe('409 NOTHING_TO_CLAIM');
    await gateway.advance(300);
    await gateway.scheduled(CRONS.pools);
    await gateway.advance(3 * DAY_SECONDS);
    ann = await signedInAgain(ann);
    await gateway.scheduled(CRONS.pools);
    const claimed = await call('claim', { id: encodeGlobalId('Investment', id) });
    expect([claimed.status, [claimed.body]]).toEqual([200, await annsInvestments()]);
    expect(claimed.body).toMatchObject({ id, status: 'confirmed', claimableAmount: '0' });
    const late = await call('payment', { id, body: { transactionHash: transactionHashOf(2) } });
    expect(refusalOf(late)).toMatch('409 INVESTMENT_NOT_PENDING');
    const { body: listed } = await call('investments', { query: 'status=confirmed' });
    expect(listed).toEqual({ data: await annsInvestments(), pagination: { ...ONE_PAGE, total: 1 } });
    expect((await call<Page<Investment>>('investments', { query: 'status=failed' })).body.data).toEqual([]);
    await gateway.scheduled(CRONS.prices);
    await expectOwnPages();
  });

  async function expectOwnPages() {
    const { portfolio, transactions } = await ownPages(gateway, ann);
    const held = await call('portfolio');
    expect(held.body).toEqual(portfolio);
    expect(held.body).toMatchObject({ invested: [{ token: 'USDT', amount: '100.5' }] });
    expect(transactions).toMatchObject([{ kind: 'claim' }, { kind: 'payment' }]);
    const all = await call('transactions');
    expect(all.body).toEqual({ data: transactions, pagination: { ...ONE_PAGE, total: 2 } });
    const second = await call('transactions', { query: 'limit=1&page=2' });
    expect(second.body).toEqual({
      data: transactions.slice(1),
      pagination: { page: 2, limit: 1, total: 2, totalPages: 2, hasNext: false, hasPrev: true },
    });
  }

  test('is made once for a key: of two clicks one is 201, the other 200 with the same investment', async () => {
    // Visible ASCII of any kind. HTTP takes spaces around it away.
    const key = `aZ!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`;
    const id = encodeGlobalId('IdoPool', sale.poolId);
    const other = invest({ key: `  ${key} `, amount: '100.0', pool: id });
    const clicks = await Promise.all([invest({ key }), other]);
    expect(clicks.map(({ status }) => status).toSorted()).toEqual([200, 201]);
    const [one, two] = clicks.map(({ body }) => body);
    expect(one).toEqual(two);
    expect((await call<Page<Investment>>('investments')).body.data).toEqual([one]);
    const reused = '409 IDEMPOTENCY_KEY_REUSED header idempotency-key';
    expect(refusalOf(await invest({ key, amount: '101' }))).toBe(reused);
    // Other keys: one reservation is open already.
    for (const another of [key.toUpperCase(), key.slice(0, 8), 'k'.repeat(255)])
      expect(refusalOf(await invest({ key: another }))).toMatch('409 RESERVATION_LIMIT');
  });

  test('whose answer is lost is 503, and 200 when it is asked for again', async () => {
    let faults = 1;
    const lost = { call: 'invest', kind: 'lost', error: platformError('Network connection lost.') } as const;
    const ledgers = faultyObjects(env.IDO_MANAGER, (name) => {
      if (name !== lost.call || faults === 0) return null;
      faults -= 1;
      return lost;
    });
    await enter({}, { IDO_MANAGER: ledgers });
    const first = await invest({ key: 'the-same-intent' });
    expect(refusalOf(first)).toBe('503 SERVICE_UNAVAILABLE');
    expect(first.headers.get('Retry-After')).toBe(String(LEDGER_RETRY_SECONDS));
    const second = await invest({ key: 'the-same-intent' });
    expect([second.status, [second.body]]).toEqual([200, await annsInvestments()]);
  });

  test('is refused with a status, a code, and the parameter at fault', async () => {
    const refusals: [Investing, string][] = [
      [{ amount: 100 }, '400 BAD_USER_INPUT body amount'],
      [{ amount: null }, '400 BAD_USER_INPUT body amount'],
      [{ amount: '1e2' }, '400 BAD_USER_INPUT body amount'],
      [{ amount: '' }, '400 BAD_USER_INPUT body amount'],
      [{ amount: '1'.repeat(31) }, '400 BAD_USER_INPUT body amount'],
      [{ body: {} }, '400 BAD_USER_INPUT body amount'],
      [{ body: [] }, '400 BAD_USER_INPUT body '],
      [{ body: { amount: '100', poolId: 'another' } }, '400 BAD_USER_INPUT body poolId'],
      [{ amount: '-10' }, '400 VALIDATION_FAILED body amount'],
      [{ amount: '10.0000001' }, '400 VALIDATION_FAILED body amount'],
      [{ amount: '9' }, '409 BELOW_MINIMUM body amount'],
      [{ amount: '500.01' }, '409 ABOVE_MAXIMUM body amount'],
      [{ key: 'seven77' }, '400 BAD_USER_INPUT header idempotency-key'],
      [{ key: 'k'.repeat(256) }, '400 BAD_USER_INPUT header idempotency-key'],
      [{ key: 'two words' }, '400 BAD_USER_INPUT header idempotency-key'],
      [{ key: 'schl\u00fcssel' }, '400 BAD_USER_INPUT header idempotency-key'],
      [{ pool: 'unknown' }, '404 POOL_NOT_FOUND path id'],
      [{ pool: encodeGlobalId('Project', 'prj_bitcoin') }, '404 POOL_NOT_FOUND path id'],
      [{ pool: '\u00fc b' }, '404 POOL_NOT_FOUND path id'],
    ];
    for (const [asked, refusal] of refusals)
      expect(refusalOf(await invest(asked)), JSON.stringify(asked)).toBe(refusal);
    const keyless = await call('invest', { id: sale.poolId, body: { amount: '100' } });
    expect(refusalOf(keyless)).toBe('400 BAD_USER_INPUT header idempotency-key');
  });

  test('needs a permission, a verified identity, and a place on the list of its pool', async () => {
    const guest = await createInvestor('guest', { permissions: ['read'] });
    expect(refusalOf(await invest({}, guest))).toBe('403 FORBIDDEN');
    const carl = await createInvestor('carl', { kycLevel: 1 });
    await sale.market.setUserStats(carl.id, { kyc_level: 1, permissions: ['invest'] });
    expect(refusalOf(await invest({}, carl))).toBe('409 KYC_REQUIRED path id');
    expect(refusalOf(await call('register', { id: sale.poolId }))).toBe('409 POOL_NOT_OPEN');
    expect(refusalOf(await call('register', { id: 'unknown' }))).toBe('404 POOL_NOT_FOUND path id');
    await enter({ pool_type: 'private' });
    expect(refusalOf(await invest())).toBe('409 NOT_ELIGIBLE path id');
  });

  test('is limited by user, and says when to ask again', async () => {
    const asked = Array.from({ length: RATE_LIMITS.invest.user + 1 }, () => invest({ amount: '1' }));
    const refused = (await Promise.all(asked)).filter(({ status }) => status !== 409);
    expect(refused.map(refusalOf)).toEqual(['429 RATE_LIMITED']);
    expect(Number(refused[0]?.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  test('and its pages are for its owner alone', async () => {
    const amount = '123.456789';
    const { id } = (await invest({ amount })).body;
    const transactionHash = transactionHashOf(0xca11a1);
    const payment = { id, body: { transactionHash } };
    await call('payment', payment);
    const bob = await createInvestor('bob');
    const pages = [];
    for (const route of ['investments', 'portfolio', 'transactions'] as const) {
      const page = await call(route, {}, bob);
      expect([page.status, page.headers.get('Cache-Control')]).toEqual([200, 'private, no-store']);
      pages.push(page.body);
      for (const nobody of [STRANGER, { headers: { Authorization: 'Bearer nobody' } }])
        expect(refusalOf(await call(route, {}, nobody))).toBe('401 UNAUTHENTICATED');
    }
    for (const route of ['payment', 'claim'] as const) {
      const asked = route === 'payment' ? payment : { id };
      const bobs = await call(route, asked, bob);
      expect(refusalOf(bobs)).toBe('404 INVESTMENT_NOT_FOUND path id');
      pages.push(bobs.body);
      expect(refusalOf(await call(route, { ...asked, id: 'no id' }))).toBe(
        '404 INVESTMENT_NOT_FOUND path id',
      );
      expect(refusalOf(await call(route, asked, STRANGER))).toBe('401 UNAUTHENTICATED');
    }
    for (const canary of [id, amount, transactionHash, ann.id])
      expect(JSON.stringify(pages)).not.toContain(canary);
    const byCard = await call('payment', { id, body: { transactionHash: 'by card' } });
    expect(refusalOf(byCard)).toBe('400 VALIDATION_FAILED body transactionHash');
  });
});

test('a route without a body takes an empty one of any media type, and refuses any other', async () => {
  await enterRegistration();
  const register = (asked: Asked) => call('register', { id: sale.poolId, ...asked });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  for (const asked of [{}, { body: '' }, { body: '', headers }, { body: {} }])
    expect((await register(asked)).status, JSON.stringify(asked)).toBe(204);
  const member = await register({ body: { poolId: 'another' } });
  expect(refusalOf(member)).toBe('400 BAD_USER_INPUT body poolId');
  expect(refusalOf(await register({ body: [] }))).toBe('400 BAD_USER_INPUT body ');
  expect((await register({ body: 'a=b', headers })).status).toBe(415);
});
