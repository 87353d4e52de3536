/**
 * Events of private operations, with real accounts: a hub executes each for its own viewer, who is signed in and has the
 * rights of that moment.
 */
import { evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { createIsolates } from '../../../src/app/isolate.ts';
import { ask } from '../../support/accounts.ts';
import type { ClientSocket } from '../../support/client-socket.ts';
import { type Person, useLiveAccounts } from '../../support/live-accounts.ts';
import { useLiveMarket } from '../../support/live-market.ts';
import { canaryOf, usePrivatePool } from '../../support/private-pool.ts';
import { CLIENT } from '../../support/session-bench.ts';

const HUB = 'hub-0';
const live = useLiveMarket();
const pool = usePrivatePool(live);
let sessionReads = 0;
const countedDb = {
  batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  prepare: (sql: string) => {
    if (sql.includes('user_session')) sessionReads += 1;
    return env.DB.prepare(sql);
  },
} as D1Database;

const accounts = useLiveAccounts(live, { DB: countedDb });
beforeEach(() => pool.store(accounts.gateway));

async function watching(person: Pick<Person, 'id' | 'accessToken'> | null): Promise<ClientSocket> {
  const socket = await accounts.connected(person, HUB);
  await pool.watch(socket, 'own', person?.id ?? null);
  return socket;
}

async function expectSeen(socket: ClientSocket, userId: string | null, registeredThere = false) {
  const seen = await socket.next();
  expect(seen).toMatchObject({ id: 'own', type: 'next', payload: pool.seenBy(userId, registeredThere) });
  return JSON.stringify(seen);
}

async function expectForbidden(...sockets: ClientSocket[]): Promise<void> {
  for (const socket of sockets) {
    expect((await socket.closed).code).toBe(4403);
    expect(socket.unread).toEqual([]);
  }
}

const endInD1 = ({ sessionId }: Person) =>
  env.DB.prepare('DELETE FROM user_session WHERE id = ?1').bind(sessionId).run();

const setPermissions = ({ id }: Person, permissions: string[]) =>
  env.DB.prepare('UPDATE user_account SET permissions = ?2 WHERE id = ?1')
    .bind(id, JSON.stringify(permissions))
    .run();

describe('viewers who watch the same in one hub', () => {
  test('are sent each their own, also after the hub has hibernated', async () => {
    const [ann, bob] = [await accounts.registered(), await accounts.registered()];
    const watchers: [Person | null, ClientSocket][] = [];
    for (const user of [ann, bob, null, ann, bob]) watchers.push([user, await watching(user)]);
    const foreign = (user: Person | null) =>
      [ann, bob].filter(({ id }) => id !== user?.id).map(({ id }) => canaryOf(id));
    for (const hibernates of [false, true, false]) {
      if (hibernates) await evictAllDurableObjects();
      await pool.move();
      for (const [user, socket] of watchers) {
        const text = await expectSeen(socket, user?.id ?? null);
        for (const canary of foreign(user)) expect(text).not.toContain(canary);
      }
    }
    for (const [, socket] of watchers) await socket.expectSilence();
  });

  test('stay when another one signs out', async () => {
    const [ann, bob] = [await accounts.registered(), await accounts.registered()];
    const [anns, bobs] = [await watching(ann), await watching(bob)];
    await ask(accounts.gateway, 'LogOut', {}, ann);
    await expectForbidden(anns);
    await pool.move();
    await expectSeen(bobs, bob.id);
    await bobs.expectSilence();
  });
});

describe('a right', () => {
  test('that was given or taken away between two events is felt at the second', async () => {
    const [ann, bob] = [await accounts.registered(), await accounts.registered()];
    const [anns, bobs] = [await watching(ann), await watching(bob)];
    for (const permissions of [['read', 'invest'], ['read'], ['invest']]) {
      await setPermissions(ann, permissions);
      await pool.move();
      await expectSeen(anns, ann.id, permissions.includes('invest'));
      await expectSeen(bobs, bob.id);
    }
  });

  test('that was taken away is not in the first event of a new subscription', async () => {
    const ann = await accounts.registered();
    await setPermissions(ann, ['invest']);
    const socket = await accounts.connected(ann, HUB);
    // The isolate keeps a copy of the session from now on.
    socket.subscribe('a', '{ viewer { permissions } }');
    expect(await socket.next()).toMatchObject({ payload: { data: { viewer: { permissions: ['INVEST'] } } } });
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'complete' });
    await setPermissions(ann, []);
    await pool.watch(socket, 'own', ann.id);
  });
});

describe('a hub that was not told of the end of a session', () => {
  test('notices at the next event, for each socket of that session and no other', async () => {
    const [ann, bob] = [await accounts.registered(), await accounts.registered()];
    const other = await accounts.again(ann);
    // All but the last share a group.
    const staying = [await watching(other)];
    const leaving = [await watching(ann), await watching(ann)];
    staying.push(await watching(other));
    const bobs = await watching(bob);
    await endInD1(ann);
    await evictAllDurableObjects();
    await pool.move();
    await expectForbidden(...leaving);
    for (const socket of staying) await expectSeen(socket, ann.id);
    await expectSeen(bobs, bob.id);
  });

  test('refuses a new private subscription at once', async () => {
    const ann = await accounts.registered();
    const socket = await watching(ann);
    await endInD1(ann);
    socket.send({
      type: 'subscribe',
      id: 'late',
      payload: { query: 'subscription { investmentUpdated { id } }' },
    });
    expect(await socket.next()).toMatchObject({
      id: 'late',
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

test('D1 is asked once for an event, however many viewers and sockets watch', async () => {
  const built = createIsolates()(env);
  if (!built.ok) throw new Error(built.issues.join('; '));
  const { sessions } = built.isolate.accounts;
  const ids = Array.from({ length: 40 }, (_, at) => `usr_${at}`);
  await env.DB.prepare(
    `INSERT INTO user_account (id, permissions, last_active_at, created_at)
     SELECT value, '[]', 1, 1 FROM json_each(?1)`,
  )
    .bind(JSON.stringify(ids))
    .run();
  const watchers: [string, ClientSocket][] = [];
  for (const id of ids) {
    const user = { id, ...(await sessions.open(id, CLIENT)) };
    for (const _ of ['two', 'sockets']) watchers.push([id, await watching(user)]);
  }
  sessionReads = 0;
  await pool.move();
  for (const [id, socket] of watchers) await expectSeen(socket, id);
  expect(sessionReads).toBe(1);
});
