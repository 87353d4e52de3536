/** `idoPoolUpdated` and `investmentUpdated`. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { alarmOf, type ClientSocket } from '../../support/client-socket.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { saleFeed, useLiveMarket, watchedSaleTopics } from '../../support/live-market.ts';
import { authorizationOf } from '../../support/signed-in.ts';

const live = useLiveMarket();
const POOL = 'subscription ($id: ID!) { idoPoolUpdated(id: $id) { soldTokens status } }';
const INVESTMENTS =
  'subscription { investmentUpdated { id status transactionHash refundDue failure updatedAt } }';
const POOL_ID = 'pool-of-tests';
const globalId = (type: string, id: string) => btoa(`${type}:${id}`).replace(/=+$/, '');

let gateway: TestGateway;

beforeEach(async () => {
  for (const table of ['ido_pool_cache', 'user_investment_cache', 'sale_change'])
    await env.DB.prepare(`DELETE FROM ${table}`).run();
  // Alarms go off by the real clock: the market is brought to it.
  const realNow = Math.floor(Date.now() / 1000);
  gateway = startGateway(live.upstream);
  await gateway.advance(realNow - live.upstream.startAt);
});

afterEach(() => vi.useRealTimers());

const now = () => Math.floor(Date.now() / 1000);
/** What the feed's alarm does, where it has not gone off by itself. */
const tell = () => runDurableObjectAlarm(saleFeed());

async function putPool(fields: Record<string, unknown>, syncing = gateway): Promise<void> {
  const { pools } = await live.upstream.records();
  const like = pools[0];
  await live.upstream.putPool(POOL_ID, { ...like, id: POOL_ID, updated_at: now(), ...fields });
  await syncing.scheduled(CRONS.pools);
}

const onSale = () => ({
  status: 'active',
  sale_start: now() - 100,
  sale_end: now() + 100_000,
  registration_start: null,
  registration_end: null,
});

async function watchingPool(hubName?: string): Promise<ClientSocket> {
  const socket = await live.connected(hubName);
  socket.subscribe('a', POOL, { id: globalId('IdoPool', POOL_ID) });
  return socket;
}

const pool = (soldTokens: string, status = 'ACTIVE') => ({
  data: { idoPoolUpdated: { soldTokens, status } },
});

describe('idoPoolUpdated', () => {
  test('begins with the current state, and tells what each sync has changed', async () => {
    await putPool({ ...onSale(), sold_tokens: '10' });
    const socket = await watchingPool();
    const first = (await socket.next()).payload;
    expect(first).toMatchObject(pool('10'));
    await gateway.advance(900);
    await putPool({ ...onSale(), sold_tokens: '20' });
    await tell();
    const second = (await socket.next()).payload;
    expect(second).toMatchObject(pool('20'));
    expect(Number(second.extensions.position)).toBeGreaterThan(Number(first.extensions.position));
    await gateway.advance(900);
    await gateway.scheduled(CRONS.pools);
    await socket.expectSilence();
  });

  test('tells with the next minute what no sync could tell the feed of', async () => {
    await putPool({ ...onSale(), sold_tokens: '10' });
    const socket = await watchingPool();
    expect((await socket.next()).payload).toMatchObject(pool('10'));
    const changed = vi.fn(() => Promise.reject(new Error('the feed cannot be reached')));
    const atMs = Date.now();
    const alone = startGateway(live.upstream, { SALE_FEED: { getByName: () => ({ changed }) } });
    vi.setSystemTime(atMs);
    await putPool({ ...onSale(), sold_tokens: '20', updated_at: now() + 1 }, alone);
    expect(changed).toHaveBeenCalledOnce();
    await socket.expectSilence();
    await gateway.scheduled(CRONS.prices);
    // The alarm that this sets goes off by itself; any other is a day away.
    expect((await socket.next()).payload).toMatchObject(pool('20'));
  });

  test('tells when the clock opens and closes a sale, between two syncs', async () => {
    await putPool({
      ...onSale(),
      status: 'upcoming',
      sale_start: now() + 300,
      sale_end: now() + 600,
      sold_tokens: '0',
    });
    const socket = await watchingPool();
    expect((await socket.next()).payload).toMatchObject(pool('0', 'UPCOMING'));
    for (const status of ['ACTIVE', 'COMPLETED']) {
      expect(await alarmOf(saleFeed())).toBe((now() + 300) * 1000);
      await gateway.advance(300);
      await tell();
      expect((await socket.next()).payload).toMatchObject(pool('0', status));
    }
    await socket.expectSilence();
  });

  test('resumes, with what a sync changed while nobody watched', async () => {
    await putPool({ ...onSale(), sold_tokens: '10' });
    const socket = await watchingPool('hub-0');
    const { position: resumeFrom } = (await socket.next()).payload.extensions;
    socket.close();
    await vi.waitFor(async () => expect(await alarmOf(saleFeed())).toBeNull());
    await gateway.advance(900);
    await putPool({ ...onSale(), sold_tokens: '20' });
    const again = await live.connected('hub-1');
    again.subscribe('a', POOL, { id: globalId('IdoPool', POOL_ID) }, { resumeFrom });
    const { payload } = await again.next();
    expect(payload).toMatchObject(pool('20'));
    expect(payload.extensions).not.toHaveProperty('gap');
    const third = await live.connected('hub-2');
    third.subscribe('a', POOL, { id: globalId('IdoPool', POOL_ID) }, { resumeFrom: '1' });
    expect((await third.next()).payload).toMatchObject({ ...pool('20'), extensions: { gap: true } });
  });

  test('while nobody watches no alarm runs, and the outbox is read all the same', async () => {
    await putPool({ ...onSale(), sold_tokens: '10' });
    await putPool({ ...onSale(), sold_tokens: '20', updated_at: now() + 1 });
    expect(await alarmOf(saleFeed())).toBeNull();
    await putPool({ ...onSale(), sold_tokens: '30', updated_at: now() + 2 });
    const { left } = (await env.DB.prepare('SELECT count(*) AS left FROM sale_change').first<{
      left: number;
    }>()) ?? { left: -1 };
    expect(left).toBe(0);
  });
});

describe('investmentUpdated', () => {
  const alice = { user: 'alice', session: 'alice-1' };
  const bob = { user: 'bob', session: 'bob-1' };

  async function watchingOwn(who: { user: string; session: string }, hubName: string, seconds = 3_600) {
    const authorization = authorizationOf({ ...who, expiresAt: now() + seconds });
    const socket = await live.connected(hubName, authorization);
    socket.subscribe('own', INVESTMENTS);
    // It begins with nothing: what it watches is with the feed once another message has been answered.
    await socket.expectSilence();
    await vi.waitFor(async () => expect(await watchedSaleTopics()).toContain(`investor:${who.user}`));
    return socket;
  }

  let version = 0;
  async function putInvestment(id: string, userId: string, status: string): Promise<void> {
    version += 1;
    await env.DB.prepare(
      `INSERT INTO user_investment_cache (id, user_id, pool_id, investment_amount, token_amount, token_price, payment_token,
         status, total_claimed, claimable_amount, invested_at, created_at, updated_at)
       VALUES (?1, ?2, 'p', '1', '1', '1', 'USDC', ?3, '0', '0', 1, 1, ?4)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at`,
    )
      .bind(id, userId, status, version)
      .run();
    await saleFeed().changed();
  }

  const investment = (id: string, status: string) => ({
    data: { investmentUpdated: { id: globalId('Investment', id), status } },
  });

  test('tells everybody of their own alone, wherever they are connected', async () => {
    const sockets = [
      await watchingOwn(alice, 'hub-0'),
      await watchingOwn(bob, 'hub-0'),
      await watchingOwn(alice, 'hub-1'),
    ];
    await putInvestment('i1', 'alice', 'pending');
    await putInvestment('i2', 'bob', 'pending');
    await putInvestment('i1', 'alice', 'confirmed');
    await tell();
    const [one, other, third] = sockets as [ClientSocket, ClientSocket, ClientSocket];
    for (const socket of [one, third]) {
      expect((await socket.next()).payload).toMatchObject(investment('i1', 'CONFIRMED'));
      await socket.expectSilence();
    }
    expect((await other.next()).payload).toMatchObject(investment('i2', 'PENDING'));
    await other.expectSilence();
  });

  test('tells of a payment and of a refund that is due while the status stays, and of no other change', async () => {
    const socket = await watchingOwn(alice, 'hub-0');
    await putInvestment('i1', 'alice', 'failed');
    await tell();
    await socket.next();
    const own = 'UPDATE user_investment_cache SET';
    for (const change of ["transaction_hash = '0xab'", 'refund_due = 1', "failure = 'EXPIRED'"]) {
      await env.DB.exec(`${own} ${change} WHERE id = 'i1'`);
      await saleFeed().changed();
      await tell();
      expect((await socket.next()).payload, change).toMatchObject(investment('i1', 'FAILED'));
    }
    await env.DB.exec(
      `${own} transaction_hash = '0xab', refund_due = 1, updated_at = 9999, block_number = 1`,
    );
    await saleFeed().changed();
    await tell();
    await socket.expectSilence();
  });

  test('resumes with what has changed since, and shows all where that cannot be known', async () => {
    const socket = await watchingOwn(alice, 'hub-0');
    await putInvestment('i1', 'alice', 'pending');
    await putInvestment('i2', 'alice', 'pending');
    await tell();
    await socket.next();
    const { position: resumeFrom } = (await socket.next()).payload.extensions;
    socket.close();
    await putInvestment('i2', 'alice', 'confirmed');
    const authorization = authorizationOf({ ...alice, expiresAt: now() + 3_600 });
    const again = await live.connected('hub-2', authorization);
    again.subscribe('own', INVESTMENTS, {}, { resumeFrom });
    expect((await again.next()).payload).toMatchObject(investment('i2', 'CONFIRMED'));
    const lost = await live.connected('hub-3', authorization);
    lost.subscribe('own', INVESTMENTS, {}, { resumeFrom: '1' });
    const state = [(await lost.next()).payload, (await lost.next()).payload];
    expect(state[0].extensions.gap).toBe(true);
    expect(state.map(({ data }) => data.investmentUpdated.status).sort()).toEqual(['CONFIRMED', 'PENDING']);
  });

  test('ends with 4403 when the token expires, and what is anybody’s goes on', async () => {
    const socket = await watchingOwn(alice, 'hub-0', 600);
    const publicOne = await live.connected('hub-0', authorizationOf({ ...alice, expiresAt: now() + 600 }));
    publicOne.subscribe('a', 'subscription { priceUpdated(symbols: ["BTC"]) { symbol } }');
    await publicOne.next();
    const hub = env.SUBSCRIPTION_HUBS.getByName('hub-0');
    await gateway.advance(599);
    await runDurableObjectAlarm(hub);
    await socket.expectSilence();
    await gateway.advance(1);
    expect(await runDurableObjectAlarm(hub)).toBe(true);
    expect((await socket.closed).code).toBe(4403);
    await publicOne.expectSilence();
  });

  test('an event after the expiry closes with 4403 as well, and is not sent', async () => {
    const socket = await watchingOwn(alice, 'hub-0', 600);
    await gateway.advance(601);
    await putInvestment('i1', 'alice', 'pending');
    await tell();
    expect((await socket.closed).code).toBe(4403);
    expect(socket.unread).toEqual([]);
  });

  test('all sockets of a session end when the hubs are told to, and no other', async () => {
    const ended = [await watchingOwn(alice, 'hub-0'), await watchingOwn(alice, 'hub-1')];
    const others = [
      await watchingOwn(bob, 'hub-0'),
      await watchingOwn({ ...alice, session: 'alice-2' }, 'hub-0'),
    ];
    for (let at = 0; at < SUBSCRIPTION_HUBS; at += 1)
      await env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`).endSessions(['alice-1']);
    for (const socket of ended) expect((await socket.closed).code).toBe(4403);
    for (const socket of others) await socket.expectSilence();
  });
});
