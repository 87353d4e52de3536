/**
 * Sessions against D1. Refresh tokens: used once, the same answer for the same request, and an older one ends the session. A session
 * that has ended signs nobody in.
 */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { isRejection } from '../../../src/auth/rejection.ts';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import type { Freshness } from '../../../src/auth/viewers.ts';
import { sessionKey } from '../../../src/storage/kv/keys.ts';
import { countedD1, noCounts } from '../../support/counted-bindings.ts';
import { CLIENT, outcomeOf, SessionBench, signedInAs, signingKey } from '../../support/session-bench.ts';
import { heldD1 } from '../../support/watched-d1.ts';

const DAY = 86_400;
let bench: SessionBench;
let isolate: ReturnType<SessionBench['isolate']>;
let first: SessionTokens;

beforeEach(async () => {
  await env.DB.exec('DELETE FROM user_account');
  bench = new SessionBench();
  isolate = bench.isolate();
  await bench.openUser('usr_a');
  first = await isolate.sessions.open('usr_a', CLIENT);
});

async function refreshed(token: string, by = isolate): Promise<SessionTokens> {
  const answer = await by.sessions.refresh(token);
  if (isRejection(answer)) throw new Error(answer.code);
  return answer;
}
const codeOf = async (token: string, by = isolate) => outcomeOf(await by.sessions.refresh(token));
const sessionIds = async () => (await isolate.sessions.ofUser('usr_a')).map(({ id }) => id);

test('a refresh token is exchanged for another, and for an access token of the same session', async () => {
  bench.now += 600;
  const second = await refreshed(first.refreshToken);
  expect(second).toMatchObject({ userId: 'usr_a', sessionId: first.sessionId, device: CLIENT.device });
  expect(second.refreshToken).not.toBe(first.refreshToken);
  expect(second.accessTokenExpiresAt).toBe(bench.now + 900);
  expect(await isolate.accessTokens.verify(`Bearer ${second.accessToken}`)).toMatchObject({
    userId: 'usr_a',
    sessionId: first.sessionId,
  });
});

test('twenty at once get one and the same refresh token', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => refreshed(first.refreshToken, at % 2 ? isolate : bench.isolate())),
  );
  expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1);
  expect(await refreshed(answers[0]?.refreshToken ?? '')).toMatchObject({ sessionId: first.sessionId });
  expect(await sessionIds()).toEqual([first.sessionId]);
});

test('a token and its successor at once leave one line of tokens, or end the session', async () => {
  let { refreshToken: older } = first;
  let { refreshToken: newer } = await refreshed(older);
  for (let round = 0; round < 10; round += 1) {
    const asked = Array.from({ length: 8 }, (_, at) => codeOf(at % 2 === round % 2 ? older : newer));
    const outcomes = await Promise.all(asked);
    const given = outcomes.flatMap((outcome) => (typeof outcome === 'string' ? [] : [outcome.refreshToken]));
    const next = given.filter((token) => token !== newer);
    expect(new Set(next).size).toBeLessThanOrEqual(1);
    if (outcomes.includes('SESSION_REUSED')) {
      for (const token of [older, newer, ...next]) expect(await codeOf(token)).toBe('SESSION_EXPIRED');
      const { refreshToken } = await isolate.sessions.open('usr_a', CLIENT);
      [older, newer] = [refreshToken, (await refreshed(refreshToken)).refreshToken];
    } else {
      [older, newer] = [newer, next[0] ?? ''];
      expect(outcomes).not.toContain('SESSION_EXPIRED');
    }
  }
});

describe('a refresh token that was used', () => {
  test('gets the same successor until that is used, and a fresh access token', async () => {
    const second = await refreshed(first.refreshToken);
    bench.now += 300;
    const again = await refreshed(first.refreshToken);
    expect(again.refreshToken).toBe(second.refreshToken);
    expect(again.accessTokenExpiresAt).toBe(bench.now + 900);
    expect(await refreshed(second.refreshToken)).toMatchObject({ sessionId: first.sessionId });
  });

  test('ends its session once the successor is used, and no other session of the user', async () => {
    const other = await isolate.sessions.open('usr_a', CLIENT);
    const second = await refreshed(first.refreshToken);
    const third = await refreshed(second.refreshToken);
    expect(await codeOf(first.refreshToken)).toBe('SESSION_REUSED');
    await bench.settled();
    expect(bench.notified).toEqual([first.sessionId]);
    for (const { refreshToken } of [first, second, third])
      expect(await codeOf(refreshToken)).toBe('SESSION_EXPIRED');
    expect(await sessionIds()).toEqual([other.sessionId]);
    expect(await refreshed(other.refreshToken)).toMatchObject({ sessionId: other.sessionId });
  });

  test('gets the same successor after the key of the server was rotated in between', async () => {
    const second = await refreshed(first.refreshToken);
    const rotated = bench.isolate({ keys: [signingKey('two'), signingKey('one')] });
    expect((await refreshed(first.refreshToken, rotated)).refreshToken).toBe(second.refreshToken);
    const third = await refreshed(second.refreshToken, rotated);
    expect(third.refreshToken).toMatch(/^two\./);
    expect((await refreshed(second.refreshToken, rotated)).refreshToken).toBe(third.refreshToken);
    // An isolate that knows both keys, but does not use the new one yet.
    const late = bench.isolate({ keys: [signingKey('one'), signingKey('two')] });
    expect((await refreshed(second.refreshToken, late)).refreshToken).toBe(third.refreshToken);
    const onlyNew = bench.isolate({ keys: [signingKey('two')] });
    expect(await codeOf(second.refreshToken, onlyNew)).toBe('SESSION_EXPIRED');
    expect(await refreshed(third.refreshToken, onlyNew)).toMatchObject({ sessionId: first.sessionId });
  });

  test('is refused if the session has ended in between', async () => {
    const second = await refreshed(first.refreshToken);
    expect(await isolate.sessions.end('usr_a', first.sessionId)).toEqual([first.sessionId]);
    for (const { refreshToken } of [first, second])
      expect(await codeOf(refreshToken)).toBe('SESSION_EXPIRED');
  });
});

test('a made-up token costs no read, and ends nobody’s session', async () => {
  const counts = noCounts();
  const counted = bench.isolate({ db: countedD1(env.DB, counts) });
  const [kid, id, secret = '', tag = ''] = first.refreshToken.split('.');
  const madeUp = [
    '',
    'not a token',
    first.accessToken,
    `${kid}.${id}.${secret}`,
    `${kid}.${id}.${secret}.`,
    `${kid}.${id}.${secret}.${secret}`,
    `${kid}.${id}.${tag}.${tag}`,
    `other.${id}.${secret}.${tag}`,
    `${kid}.${crypto.randomUUID()}.${secret}.${tag}`,
    `${first.refreshToken}x`,
    ` ${first.refreshToken}`,
    'x'.repeat(100_000),
  ];
  for (const token of madeUp)
    expect([token, await codeOf(token, counted)]).toEqual([token, 'SESSION_EXPIRED']);
  expect(counts).toEqual(noCounts());
  expect(await refreshed(first.refreshToken)).toMatchObject({ sessionId: first.sessionId });
});

test('a session lives 30 days after its last refresh, and 180 after the sign-in', async () => {
  const signedInAt = bench.now;
  const idle = await isolate.sessions.open('usr_a', CLIENT);
  let { refreshToken } = first;
  const refreshAt = async (seconds: number) => {
    bench.now = signedInAt + seconds;
    ({ refreshToken } = await refreshed(refreshToken));
  };
  await refreshAt(30 * DAY - 1);
  bench.now += 1;
  expect(await codeOf(idle.refreshToken)).toBe('SESSION_EXPIRED');
  expect(await sessionIds()).toEqual([first.sessionId]);
  for (const days of [59, 88, 117, 146, 175]) await refreshAt(days * DAY);
  await refreshAt(180 * DAY - 1);
  bench.now += 1;
  expect(await codeOf(refreshToken)).toBe('SESSION_EXPIRED');
  expect(await sessionIds()).toEqual([]);
});

test('a user has twenty sessions, and the least used one ends', async () => {
  const opened = [first];
  for (let count = 1; count < 20; count += 1) {
    bench.now += 1;
    opened.push(await isolate.sessions.open('usr_a', CLIENT));
  }
  bench.now += 1;
  await refreshed(first.refreshToken);
  expect((await sessionIds()).toSorted()).toEqual(opened.map(({ sessionId }) => sessionId).toSorted());
  await bench.openUser('usr_b');
  const strangers = await isolate.sessions.open('usr_b', CLIENT);
  const next = await isolate.sessions.open('usr_a', CLIENT);
  const leastUsed = opened[1];
  expect((await sessionIds()).toSorted()).toEqual(
    [...opened.filter((session) => session !== leastUsed), next].map(({ sessionId }) => sessionId).toSorted(),
  );
  await bench.settled();
  expect(bench.notified).toEqual([leastUsed?.sessionId]);
  expect(await refreshed(strangers.refreshToken)).toMatchObject({ userId: 'usr_b' });
});

test('all sessions of a user end, but for one that stays', async () => {
  const others = [await isolate.sessions.open('usr_a', CLIENT), await isolate.sessions.open('usr_a', CLIENT)];
  await bench.openUser('usr_b');
  const strangers = await isolate.sessions.open('usr_b', CLIENT);
  const ended = await isolate.sessions.endAll('usr_a', { except: first.sessionId });
  expect(ended.toSorted()).toEqual(others.map(({ sessionId }) => sessionId).toSorted());
  expect(await sessionIds()).toEqual([first.sessionId]);
  expect(await isolate.sessions.end('usr_a', strangers.sessionId)).toEqual([]);
  expect(await isolate.sessions.endAll('usr_a')).toEqual([first.sessionId]);
  expect(await refreshed(strangers.refreshToken)).toMatchObject({ userId: 'usr_b' });
  await bench.settled();
  expect(bench.notified.toSorted()).toEqual([...ended, first.sessionId].toSorted());
});

describe('a session that has ended', () => {
  const signedIn = (freshness: Freshness = 'cached', by = isolate) => signedInAs(first, freshness, by);
  const key = () => sessionKey(first.sessionId);
  const ways = {
    'by logout': () => isolate.sessions.end('usr_a', first.sessionId),
    'with all others': () => isolate.sessions.endAll('usr_a'),
    'because its user is gone': () => env.DB.exec("DELETE FROM user_account WHERE id = 'usr_a'"),
    'because a refresh token was used again': async () => {
      const { refreshToken } = first;
      first = await refreshed(refreshToken);
      first = await refreshed(first.refreshToken);
      expect(await codeOf(refreshToken)).toBe('SESSION_REUSED');
    },
  };

  test.each(Object.entries(ways))(
    '%s signs nobody in for a change, and for a read after 30 s',
    async (_, end) => {
      const other = bench.isolate();
      await signedIn();
      await signedIn('cached', other);
      await end();
      await bench.settled();
      expect(await signedIn('authoritative', bench.isolate())).toBe('UNAUTHENTICATED');
      expect(await signedIn('cached', other)).toBe('usr_a');
      bench.now += 30;
      expect(await signedIn('cached', other)).toBe('UNAUTHENTICATED');
      expect(await signedIn('cached', bench.isolate())).toBe('UNAUTHENTICATED');
    },
  );

  test('signs nobody in at once where it ended, and leaves no copy', async () => {
    await signedIn();
    await bench.settled();
    expect(await env.SESSIONS_KV.get(key())).not.toBeNull();
    await isolate.sessions.end('usr_a', first.sessionId);
    await bench.settled();
    for (const freshness of ['cached', 'authoritative'] as const)
      expect(await signedIn(freshness)).toBe('UNAUTHENTICATED');
    expect(await env.SESSIONS_KV.get(key())).toBeNull();
  });

  test('is not brought back by a copy that was written late', async () => {
    await signedIn();
    await bench.settled();
    const copy = (await env.SESSIONS_KV.get(key())) ?? '';
    await isolate.sessions.end('usr_a', first.sessionId);
    await bench.settled();
    await env.SESSIONS_KV.put(key(), copy);
    expect(await signedIn()).toBe('UNAUTHENTICATED');
    expect(await signedIn('authoritative', bench.isolate())).toBe('UNAUTHENTICATED');
    bench.now += 30;
    expect(await signedIn('cached', bench.isolate())).toBe('UNAUTHENTICATED');
  });

  test('stays ended although a read of D1 began before the end', async () => {
    const { db, hasRead, release } = heldD1(env.DB);
    const slow = bench.isolate({ readDb: db });
    const asked = signedIn('cached', slow);
    await hasRead;
    await slow.sessions.end('usr_a', first.sessionId);
    release();
    await asked;
    expect(await signedIn('cached', slow)).toBe('UNAUTHENTICATED');
  });
});

test('a session that has expired signs nobody in', async () => {
  bench.now += 30 * 86_400 - 100;
  const { token } = await isolate.accessTokens.sign('usr_a', first.sessionId);
  const asked = (freshness: Freshness) => signedInAs({ accessToken: token }, freshness, isolate);
  expect(await asked('cached')).toBe('usr_a');
  bench.now += 99;
  expect(await asked('cached')).toBe('usr_a');
  bench.now += 1;
  for (const freshness of ['cached', 'authoritative'] as const)
    expect(await asked(freshness)).toBe('UNAUTHENTICATED');
});
