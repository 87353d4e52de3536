/** The hourly job that checks the rights of active users anew. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { RIGHTS_CHECKS_PER_RUN } from '../../../src/config.ts';
import { usersToCheck } from '../../../src/storage/d1/user-rights.ts';
import { userById } from '../../../src/storage/d1/users.ts';
import type { MainApi } from '../../../src/upstream/main-api.ts';
import { countedD1, noCounts } from '../../support/counted-bindings.ts';
import { insertPassports } from '../../support/uploaded-files.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';
import { insertUsers, levelOf } from './inserted-users.ts';

const { DB: db } = env;
const DAY = 86_400;

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

  test('asks once a day for users who left while their documents wait for a decision, after the active ones', async () => {
    const bench = await createBench({ projectCount: 1 });
    const now = bench.now();
    const longAgo = now - 30 * DAY;
    const left = [
      { id: 'usr_left_old', lastActiveAt: longAgo, checkedAt: 1 },
      { id: 'usr_left_day', lastActiveAt: longAgo, checkedAt: now - DAY },
      { id: 'usr_left_newer', lastActiveAt: longAgo, checkedAt: now - DAY + 1 },
    ];
    await insertUsers([
      { id: 'usr_active', lastActiveAt: now, checkedAt: now - 60 },
      { id: 'usr_active_waiting', lastActiveAt: now, checkedAt: now - 30 },
      ...left,
      ...Array.from({ length: 300 }, (_, at) => ({ id: `usr_gone_${at}`, lastActiveAt: longAgo })),
    ]);
    await insertPassports('usr_active_waiting', ...left.map(({ id }) => id));
    const counts = noCounts();
    const toCheck = (limit: number) =>
      usersToCheck(countedD1(db, counts), { activeSince: now - DAY, checkedBefore: now - DAY, limit });
    const inOrder = ['usr_active', 'usr_active_waiting', 'usr_left_old', 'usr_left_day'];
    expect(await toCheck(10)).toEqual(inOrder);
    expect(counts.d1RowsRead).toBeLessThan(50);
    expect(await toCheck(3)).toEqual(inOrder.slice(0, 3));
    const asked: string[] = [];
    await asking(bench, async (userId) => {
      asked.push(userId);
      return known;
    });
    expect(asked.sort()).toEqual(inOrder.sort());
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
