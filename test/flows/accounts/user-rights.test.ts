/** A user's levels and permissions: the main API decides, and no failure takes them away. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { createIsolates } from '../../../src/app/isolate.ts';
import { refreshRights, rightsOf } from '../../../src/auth/user-rights.ts';
import { openWithPassword, userById } from '../../../src/storage/d1/users.ts';
import type { MainApi } from '../../../src/upstream/main-api.ts';
import { type Bench, createBench, type FaultKind } from '../sync-bench.ts';

const { DB: db } = env;
const STATS = { user_level: 4, kyc_level: 2, permissions: ['READ', 'invest'] };
const RIGHTS = { userLevel: 4, kycLevel: 2, permissions: ['read', 'invest'] };
const NONE = { userLevel: 0, kycLevel: 0, permissions: [] };

/** An account that the main API knows by the given statistics. */
async function benchWithUser(id: string, stats: object | null = STATS): Promise<Bench> {
  const bench = await createBench({ projectCount: 1 });
  const credential = { email: `${id}@example.com`, passwordHash: 'hash' };
  await openWithPassword(db, { id, displayName: null, nowSeconds: bench.now() }, credential);
  if (stats !== null) await bench.control('PUT', `/users/${id}`, stats);
  return bench;
}

const refresh = ({ deps, now }: Bench, id: string, mainApi: Pick<MainApi, 'userStats'> = deps.mainApi) =>
  refreshRights(db, mainApi, id, now());

async function stored(id: string) {
  const row = await userById(db, id);
  if (row === null) throw new Error(`no account is ${id}`);
  return { ...rightsOf(row), checkedAt: row.rights_checked_at };
}

const refuse = (id: string) =>
  db.prepare('UPDATE user_account SET refused_at = 1 WHERE id = ?1').bind(id).run();

describe('the rights of a user', () => {
  test('are those of the main API, and take the place of the stored ones', async () => {
    const bench = await benchWithUser('usr_a');
    expect(await stored('usr_a')).toEqual({ ...NONE, checkedAt: 0 });
    expect(await refresh(bench, 'usr_a')).toEqual(RIGHTS);
    expect(await stored('usr_a')).toEqual({ ...RIGHTS, checkedAt: bench.now() });

    await bench.advance(10);
    await bench.control('PUT', '/users/usr_a', { kyc_level: 1, permissions: ['TEAM'] });
    expect(await refresh(bench, 'usr_a')).toEqual({ userLevel: 4, kycLevel: 1, permissions: ['team'] });
    expect((await stored('usr_a')).checkedAt).toBe(bench.now());
  });

  test('are none while the main API does not know the user, and none after it forgot the user', async () => {
    const bench = await benchWithUser('usr_a', null);
    expect(await refresh(bench, 'usr_a')).toEqual(NONE);
    // It learns of the user within the same second.
    await bench.control('PUT', '/users/usr_a', STATS);
    expect(await refresh(bench, 'usr_a')).toEqual(RIGHTS);
    await bench.advance(1);
    await bench.control('DELETE', '/users/usr_a');
    expect(await refresh(bench, 'usr_a')).toEqual(NONE);
  });

  test.each<FaultKind>(['429', '500', '503', 'reset', 'truncated', 'wrong-shape', 'huge', 'latency'])(
    'stay as they are when the main API has the fault %s',
    async (kind) => {
      const bench = await benchWithUser('usr_a');
      await refresh(bench, 'usr_a');
      const before = await stored('usr_a');
      await bench.advance(10);
      await bench.control('PUT', '/users/usr_a', { kyc_level: 0, permissions: [] });
      await bench.fault('user-stats', kind, kind === 'latency' ? { latencyMs: 2_000 } : {});
      const { mainApi } = kind === 'latency' ? bench.impatientDeps : bench.deps;
      expect(await refresh(bench, 'usr_a', mainApi)).toBeNull();
      expect(await stored('usr_a')).toEqual(before);
      const warnings = bench.loggedWarnings().filter(({ event }) => event === 'users.rights_not_refreshed');
      expect(warnings).toMatchObject([{ user: 'usr_a' }]);
    },
  );

  test('keep a value that is refused, and take the others', async () => {
    const bench = await benchWithUser('usr_a');
    await refresh(bench, 'usr_a');
    await bench.advance(10);
    await bench.control('PUT', '/users/usr_a', { user_level: 5, permissions: ['READ'] });
    await bench.fault('user-stats', 'bad-record');
    expect(await refresh(bench, 'usr_a')).toEqual({ userLevel: 5, kycLevel: 2, permissions: ['read'] });
  });

  test('stay as they are when D1 fails', async () => {
    const bench = await benchWithUser('usr_a');
    const away = {
      prepare: (sql: string) => db.prepare(sql),
      batch: () => Promise.reject(new Error('D1 is away')),
    } as unknown as D1Database;
    expect(await refreshRights(away, bench.deps.mainApi, 'usr_a', bench.now())).toBeNull();
  });

  test('are none for ever of an account that the main API has refused', async () => {
    const bench = await benchWithUser('usr_a');
    await refresh(bench, 'usr_a');
    await refuse('usr_a');
    expect(await stored('usr_a')).toMatchObject(NONE);
    await bench.advance(10);
    expect(await refresh(bench, 'usr_a')).toEqual(NONE);
    const row = await userById(db, 'usr_a');
    expect(row).toMatchObject({ kyc_level: 0, user_level: 0, permissions: '[]' });
  });

  test('are null of an account that does not exist, or that is closed while the main API is asked', async () => {
    const bench = await benchWithUser('usr_a');
    expect(await refresh(bench, 'usr_b')).toBeNull();
    const closing = {
      userStats: async () => {
        await db.exec('DELETE FROM user_account');
        return STATS_PARSED;
      },
    };
    expect(await refresh(bench, 'usr_a', closing)).toBeNull();
  });
});

const STATS_PARSED = { user_level: 1, kyc_level: 1, permissions: ['read' as const] };

describe('of two checks at once', () => {
  /** The first question is asked and answered; its answer arrives after the second check has ended. */
  async function lateAnswer(bench: Bench, late: 'known' | 'unknown', secondsBetween: number) {
    const delay = Promise.withResolvers<void>();
    const slow = {
      userStats: async () => {
        await delay.promise;
        return late === 'known' ? STATS_PARSED : null;
      },
    };
    const first = refresh(bench, 'usr_a', slow);
    await bench.advance(secondsBetween);
    const second = await refresh(bench, 'usr_a');
    delay.resolve();
    return { first: await first, second };
  }

  test.each(['known', 'unknown'] as const)('the one that began later wins: %s', async (late) => {
    const bench = await benchWithUser('usr_a');
    expect(await lateAnswer(bench, late, 5)).toEqual({ first: RIGHTS, second: RIGHTS });
    expect((await stored('usr_a')).checkedAt).toBe(bench.now());
  });

  test('of one second, an account that is known by now keeps its rights', async () => {
    const bench = await benchWithUser('usr_a');
    expect(await lateAnswer(bench, 'unknown', 0)).toEqual({ first: RIGHTS, second: RIGHTS });
  });
});

test('rights are checked anew after the clock was set back', async () => {
  const bench = await benchWithUser('usr_a');
  await refreshRights(db, bench.deps.mainApi, 'usr_a', bench.now() + 86_400);
  await bench.control('PUT', '/users/usr_a', { kyc_level: 3 });
  expect(await refresh(bench, 'usr_a')).toMatchObject({ kycLevel: 3 });
  expect((await stored('usr_a')).checkedAt).toBe(bench.now());
});

test('a sign-in asks the main API once, and does without a slow answer', async () => {
  const bench = await benchWithUser('usr_a');
  const bindings = { ...env, MAIN_API_URL: bench.mainApiUrl };
  const built = createIsolates()(bindings);
  if (!built.ok) throw new Error(built.issues.join());
  const { signInApi } = built.isolate;
  expect(await refresh(bench, 'usr_a', signInApi)).toEqual(RIGHTS);
  await bench.calls();
  await bench.fault('user-stats', '503');
  expect(await refresh(bench, 'usr_a', signInApi)).toBeNull();
  expect((await bench.calls()).byRoute['user-stats']).toBe(1);
  await bench.fault('user-stats', 'latency', { latencyMs: 5_000 });
  expect(await refresh(bench, 'usr_a', signInApi)).toBeNull();
});
