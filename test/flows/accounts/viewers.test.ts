/** Viewers: their session must be alive, a signed-in read costs next to nothing, and KV decides nothing. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import type { Freshness } from '../../../src/auth/viewers.ts';
import { userById } from '../../../src/storage/d1/users.ts';
import { countedD1, countedKv, noCounts } from '../../support/counted-bindings.ts';
import { CLIENT, type IsolateOptions, SessionBench, signedInAs } from '../../support/session-bench.ts';

const { DB: db, SESSIONS_KV: kv } = env;
const FRESHNESS = ['cached', 'authoritative'] as const;
const counts = noCounts();
const COUNTED = { db: countedD1(db, counts), kv: countedKv(kv, counts) };
let bench: SessionBench;
let isolate: ReturnType<SessionBench['isolate']>;
let tokens: SessionTokens;

beforeEach(async () => {
  await db.exec('DELETE FROM user_account');
  bench = new SessionBench();
  isolate = bench.isolate(COUNTED);
  await bench.openUser('usr_a');
  tokens = await isolate.sessions.open('usr_a', CLIENT);
  await counted(async () => undefined);
});

const bearer = () => `Bearer ${tokens.accessToken}`;
const signedIn = (freshness: Freshness = 'cached', by = isolate) => by.viewers.signedIn(bearer(), freshness);
const codeOf = (freshness: Freshness = 'cached', by = isolate) => signedInAs(tokens, freshness, by);

/** The calls of D1 and KV, with those that no request waits for. */
async function counted(work: () => Promise<unknown>) {
  Object.assign(counts, noCounts());
  await work();
  await bench.settled();
  const { d1Calls, kvReads, kvWrites } = counts;
  return { d1Calls, kvReads, kvWrites };
}

test('a signed-in viewer is the user of the session', async () => {
  await db
    .prepare(
      `UPDATE user_account SET display_name = 'Ann', avatar_url = 'https://a.example/a.png', kyc_level = 2,
         user_level = 3, permissions = '["invest","read","a later one"]' WHERE id = 'usr_a'`,
    )
    .run();
  await db
    .prepare("INSERT INTO user_wallet (address, user_id, sequence, linked_at) VALUES ('0xA', 'usr_a', 2, 0)")
    .run();
  for (const freshness of FRESHNESS) {
    expect(await signedIn(freshness)).toEqual({
      session: {
        sessionId: tokens.sessionId,
        userId: 'usr_a',
        email: 'usr_a@example.com',
        walletAddresses: ['0xA'],
        displayName: 'Ann',
        avatarUrl: 'https://a.example/a.png',
        kycLevel: 2,
        userLevel: 3,
        permissions: ['invest', 'read', 'a later one'],
        userCreatedAt: bench.now,
        createdAt: bench.now,
        lastActivityAt: bench.now,
        expiresAt: bench.now + 30 * 86_400,
        ...CLIENT,
        readAt: bench.now,
      },
      permissions: ['invest', 'read'],
      tokenExpiresAt: tokens.accessTokenExpiresAt,
    });
  }
  expect(await isolate.viewers.signedIn(null, 'cached')).toBeNull();
});

describe('a signed-in read', () => {
  test('costs one KV read, one D1 read and a KV write behind it, and then nothing for 30 s', async () => {
    expect(await counted(signedIn)).toEqual({ d1Calls: 1, kvReads: 1, kvWrites: 1 });
    for (const seconds of [0, 1, 28]) {
      bench.now += seconds;
      expect(await counted(signedIn)).toEqual({ d1Calls: 0, kvReads: 0, kvWrites: 0 });
    }
    bench.now += 1;
    expect(await counted(signedIn)).toEqual({ d1Calls: 1, kvReads: 1, kvWrites: 1 });
  });

  test('costs one KV read where another isolate has read D1 within 30 s', async () => {
    await counted(signedIn);
    bench.now += 29;
    const other = bench.isolate(COUNTED);
    expect(await counted(() => signedIn('cached', other))).toEqual({ d1Calls: 0, kvReads: 1, kvWrites: 0 });
    expect(await counted(() => signedIn('cached', other))).toEqual({ d1Calls: 0, kvReads: 0, kvWrites: 0 });
    // The copy is as old as its values, wherever it lay.
    bench.now += 1;
    expect(await counted(() => signedIn('cached', other))).toMatchObject({ d1Calls: 1 });
  });

  test('that must be right costs one D1 read each time, and no KV call', async () => {
    for (let count = 0; count < 3; count += 1)
      expect(await counted(() => signedIn('authoritative'))).toEqual({ d1Calls: 1, kvReads: 0, kvWrites: 0 });
    expect(await counted(signedIn)).toEqual({ d1Calls: 0, kvReads: 0, kvWrites: 0 });
  });

  test('costs nothing where the token is not valid', async () => {
    for (const text of [
      '',
      'Bearer x',
      `Bearer ${tokens.refreshToken}`,
      `${bearer()}x`,
      `Basic ${tokens.accessToken}`,
    ])
      for (const freshness of FRESHNESS) {
        const asked = () =>
          expect(isolate.viewers.signedIn(text, freshness)).rejects.toMatchObject({
            extensions: { code: 'UNAUTHENTICATED' },
          });
        expect(await counted(asked)).toEqual({ d1Calls: 0, kvReads: 0, kvWrites: 0 });
      }
  });

  test('costs one D1 read in all where the session has ended', async () => {
    await bench.isolate().sessions.end('usr_a', tokens.sessionId);
    await bench.settled();
    const asked = () => codeOf();
    expect(await counted(asked)).toMatchObject({ d1Calls: 1, kvReads: 1 });
    expect(await asked()).toBe('UNAUTHENTICATED');
    for (const freshness of FRESHNESS)
      expect(await counted(() => codeOf(freshness))).toEqual({
        d1Calls: 0,
        kvReads: 0,
        kvWrites: 0,
      });
  });
});

test('a change of rights is felt at once where something changes, and by reads after 30 s', async () => {
  const rights = async (freshness: Freshness) => {
    const viewer = await signedIn(freshness, bench.isolate());
    return [viewer?.session.kycLevel, viewer?.session.userLevel, viewer?.permissions];
  };
  await db.exec(`UPDATE user_account SET kyc_level = 3, user_level = 5, permissions = '["admin"]'`);
  expect(await rights('cached')).toEqual([3, 5, ['admin']]);
  await bench.settled();
  await db.exec(`UPDATE user_account SET kyc_level = 1, permissions = '["read"]'`);
  expect(await rights('cached')).toEqual([3, 5, ['admin']]);
  expect(await rights('authoritative')).toEqual([1, 5, ['read']]);
  bench.now += 30;
  expect(await rights('cached')).toEqual([1, 5, ['read']]);
  // Whatever the row says, an account that was refused has no rights.
  await db.exec('UPDATE user_account SET refused_at = 1');
  expect(await rights('authoritative')).toEqual([0, 0, []]);
});

describe('KV', () => {
  const failing = () => Promise.reject(new Error('KV is down'));
  const BROKEN: Record<string, IsolateOptions> = {
    'that fails': { kv: { get: failing, put: failing, delete: failing } as unknown as KVNamespace },
    'with other values': {
      kv: {
        ...({} as KVNamespace),
        get: async ([key]: string[]) => new Map([[key, '{"userId":"usr_b"}']]),
        put: failing,
        delete: failing,
      } as unknown as KVNamespace,
    },
  };

  test.each(Object.entries(BROKEN))('%s fails no request', async (_, options) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const broken = bench.isolate(options);
    for (const freshness of FRESHNESS)
      expect((await signedIn(freshness, broken))?.session.userId).toBe('usr_a');
    expect(await broken.sessions.end('usr_a', tokens.sessionId)).toEqual([tokens.sessionId]);
    await bench.settled();
    expect(await codeOf('cached', broken)).toBe('UNAUTHENTICATED');
  });

  test('gives nobody the session of another, or a copy from the future', async () => {
    await bench.openUser('usr_b');
    const others = await isolate.sessions.open('usr_b', CLIENT);
    await isolate.viewers.signedIn(`Bearer ${others.accessToken}`, 'cached');
    await bench.settled();
    const copy = JSON.parse((await kv.get(`session:${others.sessionId}`)) ?? '');
    const key = `session:${tokens.sessionId}`;
    const forged = [
      copy,
      { ...copy, userId: 'usr_a' },
      { ...copy, sessionId: tokens.sessionId },
      { ...copy, sessionId: tokens.sessionId, userId: 'usr_a', displayName: 'later', readAt: bench.now + 1 },
    ];
    for (const value of forged) {
      await kv.put(key, JSON.stringify(value));
      const { session } = (await signedIn('cached', bench.isolate())) ?? {};
      expect([session?.sessionId, session?.userId, session?.email, session?.displayName]).toEqual([
        tokens.sessionId,
        'usr_a',
        'usr_a@example.com',
        null,
      ]);
      await bench.settled();
    }
  });

  test('has what the copy of a session is for, and no token', async () => {
    await signedIn();
    await bench.settled();
    const text = (await kv.get(`session:${tokens.sessionId}`)) ?? '';
    expect(Object.keys(JSON.parse(text))).toEqual(
      expect.arrayContaining([
        ...['userId', 'walletAddresses', 'email', 'kycLevel', 'userLevel', 'permissions', 'expiresAt'],
        ...['createdAt', 'lastActivityAt', 'ipAddress', 'userAgent', 'device'],
      ]),
    );
    expect(text).not.toContain(tokens.accessToken);
    expect(text).not.toContain(tokens.refreshToken.split('.')[2]);
  });
});

test('activity is noted every five minutes at most', async () => {
  const openedAt = bench.now;
  const other = await isolate.sessions.open('usr_a', CLIENT);
  /** Seconds after the sign-in: of the session, of the other one, and of their user. */
  const noted = async () => {
    await bench.settled();
    const rows = await isolate.sessions.ofUser('usr_a');
    const { last_active_at } = (await userById(db, 'usr_a')) ?? {};
    const lastOf = (sessionId: string) => rows.find(({ id }) => id === sessionId)?.last_activity_at;
    const times = [lastOf(tokens.sessionId), lastOf(other.sessionId), last_active_at];
    return times.map((at) => (at ?? 0) - openedAt);
  };
  const readAt = (seconds: number, { accessToken }: SessionTokens) => {
    bench.now = openedAt + seconds;
    const asked = [isolate, isolate, bench.isolate()].map(({ viewers }, at) =>
      viewers.signedIn(`Bearer ${accessToken}`, at === 0 ? 'cached' : 'authoritative'),
    );
    return Promise.all(asked);
  };
  for (const [seconds, by, expected] of [
    [0, tokens, [0, 0, 0]],
    [299, tokens, [0, 0, 0]],
    [300, tokens, [300, 0, 300]],
    [330, tokens, [300, 0, 300]],
    [340, other, [300, 340, 300]],
    [599, tokens, [300, 340, 300]],
    [630, other, [300, 340, 630]],
    [640, other, [300, 640, 630]],
    [650, tokens, [650, 640, 630]],
  ] as const) {
    await readAt(seconds, by);
    expect([seconds, await noted()]).toEqual([seconds, expected]);
  }
});

describe('viewers of many sockets', () => {
  test('are read anew from D1 in one call, without those who are signed in no more', async () => {
    const tokenOf = ({ userId, sessionId, accessTokenExpiresAt }: SessionTokens) => ({
      userId,
      sessionId,
      expiresAt: accessTokenExpiresAt,
    });
    await bench.openUser('usr_b');
    const [ended, other] = [
      await isolate.sessions.open('usr_a', CLIENT),
      await isolate.sessions.open('usr_b', CLIENT),
    ];
    const old = { ...tokenOf(await isolate.sessions.open('usr_b', CLIENT)), expiresAt: bench.now };
    const foreign = { ...tokenOf(await isolate.sessions.open('usr_b', CLIENT)), userId: 'usr_a' };
    await signedIn();
    await bench.isolate().sessions.end('usr_a', ended.sessionId);
    await db.exec(`UPDATE user_account SET permissions = '["invest"]', refused_at = 1 WHERE id = 'usr_b'`);
    await db.exec(`UPDATE user_account SET permissions = '["moderate"]' WHERE id = 'usr_a'`);
    await bench.settled();
    const asked = [tokenOf(tokens), tokenOf(ended), tokenOf(other), old, foreign];
    const read = async () => isolate.viewers.stillSignedIn(asked);
    // The copy of the session that has ended is deleted behind the first call.
    expect(await counted(read)).toEqual({ d1Calls: 1, kvReads: 0, kvWrites: 1 });
    expect(await counted(read)).toEqual({ d1Calls: 1, kvReads: 0, kvWrites: 0 });
    const found = [...(await read())].map(([id, { permissions }]) => [id, permissions]);
    expect(Object.fromEntries(found)).toEqual({ [tokens.sessionId]: ['moderate'], [other.sessionId]: [] });
    await bench.isolate().sessions.endAll('usr_a');
    expect([...(await read()).keys()]).toEqual([other.sessionId]);
  });
});
