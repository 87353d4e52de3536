/** The hourly jobs that delete rows of accounts: closed accounts are erased, expired sessions and challenges go. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { isRejection } from '../../../src/auth/rejection.ts';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import { linkWallet, openWithPassword, userByEmail, userById } from '../../../src/storage/d1/users.ts';
import { storeWalletChallenge } from '../../../src/storage/d1/wallet-challenges.ts';
import { sessionKey } from '../../../src/storage/kv/keys.ts';
import { CLIENT, SessionBench, signedInAs } from '../../support/session-bench.ts';
import { createBench, type FaultKind, syncOf } from '../sync-bench.ts';
import { insertUsers, levelOf } from './inserted-users.ts';

const { DB: db, SESSIONS_KV: kv } = env;
const DAY = 86_400;
const HOURLY = '0 * * * *';

describe('the job of closed accounts', () => {
  const USER_TABLES = ['user_password', 'user_wallet', 'user_session', 'wallet_challenge', 'user_outbox'];
  const WALLETS: Record<string, string> = {
    usr_a: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
    usr_b: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  };

  /** Two users, each with a row in every table of accounts, and an investment. */
  async function benchWithUsers() {
    const bench = await createBench({ projectCount: 1 });
    const accounts = new SessionBench();
    accounts.now = bench.now();
    const isolate = accounts.isolate();
    const tokens: SessionTokens[] = [];
    for (const id of ['usr_a', 'usr_b']) {
      await accounts.openUser(id);
      const address = WALLETS[id] ?? '';
      await linkWallet(db, id, { address, contractChainId: null }, bench.now());
      const expires_at = bench.now() + 2 * DAY;
      const challenge = { message_hash: id, address, chain_id: 1, user_id: id, expires_at };
      await storeWalletChallenge(db, challenge);
      for (let session = 0; session < 2; session += 1) tokens.push(await isolate.sessions.open(id, CLIENT));
      await bench.control('PUT', `/users/${id}`, { kyc_level: 1 });
    }
    const signedIn = (
      token: { accessToken: string },
      freshness: 'cached' | 'authoritative',
      by = accounts.isolate(),
    ) => signedInAs(token, freshness, by);
    for (const each of tokens) await signedIn(each, 'cached', isolate);
    await accounts.settled();
    const sessionsOf = (id: string) =>
      tokens.filter(({ userId }) => userId === id).map(({ sessionId }) => sessionId);
    const notified: string[] = [];
    const notifyEnded = async (ids: readonly string[]) => void notified.push(...ids);
    const run = () => syncOf({ ...bench.deps, notifyEnded }).runJob('closed-users');
    const advance = async (seconds: number) => {
      accounts.now += seconds;
      await bench.advance(seconds);
    };
    return { bench, accounts, isolate, tokens, sessionsOf, notified, signedIn, run, advance };
  }

  test('ends an account everywhere, and leaves no row of it', async () => {
    const { bench, accounts, isolate, tokens, sessionsOf, notified, signedIn, run, advance } =
      await benchWithUsers();
    await bench.sync.runJob('investments');
    const investments = await bench.rows('user_investment_cache');
    expect(investments.length).toBeGreaterThan(0);
    const keys = [...sessionsOf('usr_a'), ...sessionsOf('usr_b')].map(sessionKey);
    expect([...(await kv.get(keys)).values()]).not.toContain(null);

    await bench.control('DELETE', '/users/usr_a');
    await advance(1);
    expect(await run()).toMatchObject({ outcome: 'ok', read: 1, written: 1, skipped: 0 });

    for (const table of USER_TABLES) {
      const users = (await bench.rows(table, 'user_id')).map(({ user_id }) => user_id);
      expect(new Set(users), table).toEqual(new Set(['usr_b']));
    }
    expect(await userById(db, 'usr_a')).toBeNull();
    expect(await bench.rows('user_investment_cache')).toEqual(investments);
    expect(notified.toSorted()).toEqual(sessionsOf('usr_a').toSorted());
    const copies = await kv.get(keys);
    for (const id of sessionsOf('usr_a')) expect(copies.get(sessionKey(id))).toBeNull();
    for (const id of sessionsOf('usr_b')) expect(copies.get(sessionKey(id))).not.toBeNull();

    const [closed, , open] = tokens;
    if (closed === undefined || open === undefined) throw new Error('both users have sessions');
    expect(await signedIn(closed, 'authoritative')).toBe('UNAUTHENTICATED');
    expect(await signedIn(closed, 'cached')).toBe('UNAUTHENTICATED');
    expect(await signedIn(open, 'cached')).toBe('usr_b');
    const refreshed = await isolate.sessions.refresh(closed.refreshToken);
    expect(isRejection(refreshed) && refreshed.code).toBe('SESSION_EXPIRED');
    await expect(isolate.sessions.open('usr_a', CLIENT)).rejects.toThrow();
    // The isolate that has served the user remembers its session for half a minute.
    await advance(30);
    expect(await signedIn(closed, 'cached', isolate)).toBe('UNAUTHENTICATED');
    await accounts.settled();
  });

  test('leaves the address and the wallet to a new account, which a later run does not take for the closed one', async () => {
    const { bench, run, advance } = await benchWithUsers();
    await bench.control('DELETE', '/users/usr_a');
    await run();
    const user = { id: 'usr_new', displayName: null, nowSeconds: bench.now() };
    expect(await openWithPassword(db, user, { email: 'usr_a@example.com', passwordHash: 'hash' })).toBe(true);
    await advance(3_600);
    expect(await run()).toMatchObject({ outcome: 'ok', read: 1, written: 0 });
    expect((await userByEmail(db, 'usr_a@example.com'))?.id).toBe('usr_new');
  });

  test('reads all closings at first, then those since a day before the newest, but not past one that it skipped', async () => {
    const { bench, run, advance } = await benchWithUsers();
    const since = async () => {
      await bench.calls();
      await run();
      return (await bench.calls()).last.map(({ query }) => query.since);
    };
    expect(await since()).toEqual([undefined]);
    await bench.control('DELETE', '/users/usr_a');
    const closedAt = bench.now();
    await advance(3_600);
    expect(await since()).toEqual([undefined]);
    await bench.control('DELETE', '/users/usr_b');
    await advance(3_600);
    const json = JSON.stringify([
      { user_id: 'usr_b', closed_at: bench.now() },
      { user_id: 'usr_c', closed_at: 'today' },
    ]);
    await bench.control('PUT', '/answers', { route: 'users-closed', json });
    expect(await since()).toEqual([String(closedAt - DAY)]);
    expect(await userById(db, 'usr_b')).toBeNull();
    await advance(3_600);
    expect(await since()).toEqual([String(closedAt - DAY)]);
  });

  test.each<FaultKind>(['500', 'reset', 'truncated', 'wrong-shape'])(
    'erases nothing while the main API has the fault %s, and everything with the next run',
    async (kind) => {
      const { bench, notified, run, advance } = await benchWithUsers();
      await bench.control('DELETE', '/users/usr_a');
      await bench.fault('users-closed', kind);
      expect(await run()).toMatchObject({ outcome: 'failed', written: 0 });
      expect([await levelOf('usr_a'), notified]).toEqual([0, []]);
      await bench.clearFaults();
      await advance(3_600);
      expect(await run()).toMatchObject({ outcome: 'ok', written: 1 });
      expect(notified).toHaveLength(2);
    },
  );

  test('has erased the account in D1 although hubs cannot be told', async () => {
    const { bench, tokens, signedIn } = await benchWithUsers();
    await bench.control('DELETE', '/users/usr_a');
    const notifyEnded = () => Promise.reject(new Error('no hub'));
    const result = await syncOf({ ...bench.deps, notifyEnded }).runJob('closed-users');
    expect(result).toMatchObject({ outcome: 'failed', written: 1, firstError: 'no hub' });
    const [closed] = tokens;
    if (closed === undefined) throw new Error('the user has sessions');
    expect(await signedIn(closed, 'cached')).toBe('UNAUTHENTICATED');
  });

  test('erases many at once, each told of once', async () => {
    const { bench, accounts, isolate, run, notified } = await benchWithUsers();
    const ids = Array.from({ length: 130 }, (_, index) => `usr_m${index}`);
    await insertUsers(ids.map((id) => ({ id, lastActiveAt: 1 })));
    const opened = await Promise.all(ids.map((id) => isolate.sessions.open(id, CLIENT)));
    for (const id of ids) await bench.control('DELETE', `/users/${id}`);
    expect(await run()).toMatchObject({ read: 130, written: 130 });
    expect(notified.toSorted()).toEqual(opened.map(({ sessionId }) => sessionId).toSorted());
    await accounts.settled();
  });
});

test('expired sessions and challenges are deleted each hour, and no others', async () => {
  const bench = await createBench({ projectCount: 1 });
  await insertUsers([{ id: 'usr_a', lastActiveAt: bench.now() }]);
  const accounts = new SessionBench();
  accounts.now = bench.now();
  const { sessions } = accounts.isolate();
  const challenge = (message_hash: string, expires_at: number) =>
    storeWalletChallenge(db, { message_hash, address: '0x1', chain_id: 1, user_id: null, expires_at });
  const first = await sessions.open('usr_a', CLIENT);
  await challenge('first', bench.now() + 300);
  const expiry = (await bench.rows('user_session'))[0]?.expires_at;
  await bench.advance(Number(expiry) - bench.now());
  accounts.now = bench.now() - 10;
  const second = await sessions.open('usr_a', CLIENT);
  await challenge('second', bench.now() + 1);
  expect((await bench.rows('user_session')).map(({ id }) => id)).toContain(first.sessionId);
  await bench.sync.runCron(HOURLY);
  expect((await bench.rows('user_session')).map(({ id }) => id)).toEqual([second.sessionId]);
  expect((await bench.rows('wallet_challenge', 'expires_at')).map((row) => row.message_hash)).toEqual([
    'second',
  ]);
});
