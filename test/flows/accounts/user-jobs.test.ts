/** The hourly jobs of accounts: rights are checked anew, closed accounts are erased, expired rows go. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { isRejection } from '../../../src/auth/rejection.ts';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import { RIGHTS_CHECKS_PER_RUN } from '../../../src/config.ts';
import { linkWallet, openWithPassword, userByEmail, userById } from '../../../src/storage/d1/users.ts';
import { storeWalletChallenge } from '../../../src/storage/d1/wallet-challenges.ts';
import { sessionKey } from '../../../src/storage/kv/keys.ts';
import type { MainApi } from '../../../src/upstream/main-api.ts';
import { CLIENT, SessionBench } from '../../support/session-bench.ts';
import { type Bench, createBench, type FaultKind, syncOf } from '../sync-bench.ts';

const { DB: db, SESSIONS_KV: kv } = env;
const DAY = 86_400;
const HOURLY = '0 * * * *';

interface InsertedUser {
  id: string;
  lastActiveAt: number;
  checkedAt?: number;
}

/** Accounts of level 2 that have been handed over. */
async function insertUsers(users: readonly InsertedUser[]): Promise<void> {
  await db
    .prepare(
      `INSERT INTO user_account (id, kyc_level, permissions, last_active_at, rights_checked_at, created_at)
       SELECT value ->> 'id', 2, '["read"]', value ->> 'lastActiveAt', coalesce(value ->> 'checkedAt', 0), 1
       FROM json_each(?1)`,
    )
    .bind(JSON.stringify(users))
    .run();
}

const levelOf = async (id: string) => (await userById(db, id))?.kyc_level;

describe('the job of rights', () => {
  const asking = (bench: Bench, userStats: MainApi['userStats'], random: () => number = Math.random) =>
    syncOf({ ...bench.deps, mainApi: { ...bench.deps.mainApi, userStats }, random }).runJob('user-rights');
  const known = { kyc_level: 3, user_level: 1, permissions: ['invest' as const] };

  test('asks for users who were active in the last day, those that were checked longest ago first', async () => {
    const bench = await createBench({ projectCount: 1 });
    const now = bench.now();
    const id = (index: number) => `usr_${String(index).padStart(3, '0')}`;
    const users = Array.from({ length: RIGHTS_CHECKS_PER_RUN + 20 }, (_, index) => ({
      id: id(index),
      lastActiveAt: now - (index % 24) * 3_600,
      checkedAt: now - 3_600 - index,
    }));
    const away = { id: 'usr_away', lastActiveAt: now - DAY - 1 };
    const refused = { id: 'usr_refused', lastActiveAt: now };
    await insertUsers([...users, away, refused]);
    await db.exec("UPDATE user_account SET refused_at = 1 WHERE id = 'usr_refused'");

    const asked = new Set<string>();
    const userStats = async (userId: string) => {
      asked.add(userId);
      return known;
    };
    expect(await asking(bench, userStats)).toMatchObject({ outcome: 'ok', read: 500, written: 500 });
    expect([...asked].sort()).toEqual(
      users
        .slice(20)
        .map((user) => user.id)
        .sort(),
    );
    expect(await userById(db, id(20))).toMatchObject({
      kyc_level: 3,
      user_level: 1,
      permissions: '["invest"]',
      rights_checked_at: now,
    });
    asked.clear();
    await bench.advance(3_600);
    await asking(bench, userStats);
    for (const user of users.slice(0, 20).filter(({ lastActiveAt }) => lastActiveAt >= now - DAY + 3_600))
      expect(asked).toContain(user.id);
  });

  test('takes the rights of who is unknown to the main API, and of nobody else whose check fails', async () => {
    const bench = await createBench({ projectCount: 1 });
    await insertUsers(['usr_0001', 'usr_gone', 'usr_bad'].map((id) => ({ id, lastActiveAt: bench.now() })));
    await bench.control('PUT', '/users/usr_bad', { kyc_level: 'abc', user_level: -1, permissions: 7 });
    const result = await bench.sync.runJob('user-rights');
    expect(result).toMatchObject({ outcome: 'partial', read: 3, written: 2, skipped: 1 });
    expect(result.firstError).toContain('/internal/users/:id/stats');
    expect([await levelOf('usr_0001'), await levelOf('usr_gone'), await levelOf('usr_bad')]).toEqual([
      3, 0, 2,
    ]);
    expect(JSON.parse((await userById(db, 'usr_0001'))?.permissions ?? '')).toEqual([
      'admin',
      'invest',
      'read',
      'trade',
      'write',
    ]);
  });

  test('lets a main API alone that is down, and lowers no level', async () => {
    const bench = await createBench({ projectCount: 1 });
    const users = Array.from({ length: 60 }, (_, index) => ({
      id: `usr_${index}`,
      lastActiveAt: bench.now(),
    }));
    await insertUsers(users);
    let calls = 0;
    const result = await asking(bench, async () => {
      calls += 1;
      throw new Error('down');
    });
    expect(result).toMatchObject({ outcome: 'partial', written: 0, firstError: 'down' });
    expect([result.read, calls <= 12 + 5]).toEqual([calls, true]);
    expect(new Set((await bench.rows('user_account')).map(({ kyc_level }) => kyc_level))).toEqual(
      new Set([2]),
    );
  });

  test('reaches everybody else although a dozen checks always fail', async () => {
    const bench = await createBench({ projectCount: 1 });
    const users = Array.from({ length: 40 }, (_, index) => ({
      id: `${index < 12 ? 'bad' : 'usr'}_${index}`,
      lastActiveAt: bench.now(),
      checkedAt: index < 12 ? 0 : 1,
    }));
    await insertUsers(users);
    const userStats = async (userId: string) => {
      if (userId.startsWith('bad')) throw new Error('always');
      return known;
    };
    let place = 0;
    // Every third is one of those that fail.
    const random = () => {
      place += 1;
      return (place * 13) % 40;
    };
    expect(await asking(bench, userStats, random)).toMatchObject({ read: 40, written: 28, skipped: 12 });
  });
});

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
    const signedIn = async (
      { accessToken }: { accessToken: string },
      freshness: 'cached' | 'authoritative',
      { viewers } = accounts.isolate(),
    ) => {
      try {
        return (await viewers.signedIn(`Bearer ${accessToken}`, freshness))?.session.userId;
      } catch (error) {
        return (error as { extensions: { code: string } }).extensions.code;
      }
    };
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
