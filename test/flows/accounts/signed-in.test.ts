/** Who is signed in, as clients see it: over HTTP and over sockets, with the accounts that are in D1. */
import { evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { createIsolates } from '../../../src/app/isolate.ts';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import { openWithPassword } from '../../../src/storage/d1/users.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { isolateOf, isolateWithAccounts } from '../../support/isolates.ts';
import { PRICES, useLiveMarket } from '../../support/live-market.ts';
import { CLIENT } from '../../support/session-bench.ts';

const live = useLiveMarket();

const accountsOf = (isolates: typeof isolateOf) => {
  const built = isolates(env);
  if (!built.ok) throw new Error(built.issues.join('; '));
  return built.isolate.accounts;
};

let gateway: TestGateway;
let tokens: SessionTokens;
beforeEach(async () => {
  gateway = startGateway(live.upstream);
  await env.DB.exec('DELETE FROM user_account');
  const user = { id: 'usr_a', displayName: 'Ann', nowSeconds: Math.floor(Date.now() / 1000) };
  await openWithPassword(env.DB, user, { email: 'ann@example.com', passwordHash: 'hash' });
  tokens = await accountsOf(createIsolates()).sessions.open('usr_a', CLIENT);
});
const bearer = () => ({ Authorization: `Bearer ${tokens.accessToken}` });

describe('over HTTP', () => {
  const VIEWER = '{ viewer { displayName sessions { id userAgent ipAddress current } } }';

  test('a viewer reads their account and their sessions', async () => {
    const other = await accountsOf(createIsolates()).sessions.open('usr_a', { ...CLIENT, userAgent: null });
    const { data, status, headers } = await gateway.post({ query: VIEWER }, bearer());
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-store');
    const { ipAddress, userAgent } = CLIENT;
    expect(data).toEqual({
      viewer: {
        displayName: 'Ann',
        sessions: expect.arrayContaining([
          { id: encodeGlobalId('Session', tokens.sessionId), userAgent, ipAddress, current: true },
          { id: encodeGlobalId('Session', other.sessionId), userAgent: null, ipAddress, current: false },
        ]),
      },
    });
    expect((await gateway.post({ query: VIEWER })).data).toEqual({ viewer: null });
  });

  test('being signed in costs a KV and a D1 read first, and then nothing for 30 s', async () => {
    const asked = async (headers: Record<string, string>) => {
      gateway.resetCounts();
      const { data } = await gateway.post({ query: '{ viewer { displayName } }' }, headers);
      const { d1Calls, kvReads } = gateway.counts;
      return { data, d1Calls, kvReads };
    };
    // The isolate reads its own values first.
    await asked({});
    const cost = async () => {
      const stranger = await asked({});
      expect(stranger.data).toEqual({ viewer: null });
      const { data, d1Calls, kvReads } = await asked(bearer());
      expect(data).toEqual({ viewer: { displayName: 'Ann' } });
      return { d1Calls: d1Calls - stranger.d1Calls, kvReads: kvReads - stranger.kvReads };
    };
    expect(await cost()).toEqual({ d1Calls: 1, kvReads: 1 });
    await vi.waitFor(() => expect(gateway.counts.kvWrites).toBe(1));
    expect(await cost()).toEqual({ d1Calls: 0, kvReads: 0 });
    await gateway.advance(30);
    expect(await cost()).toEqual({ d1Calls: 1, kvReads: 1 });
  });

  test('a token that is not valid, has expired, or whose session has ended, is 401', async () => {
    const refused = async (headers: Record<string, string>) => {
      const { status, errors } = await gateway.post({ query: '{ viewer { id } }' }, headers);
      return [status, ...(errors ?? []).map(({ extensions }) => extensions.code)];
    };
    for (const authorization of ['Bearer x', `Bearer ${tokens.refreshToken}`, 'Basic YTpi'])
      expect(await refused({ Authorization: authorization })).toEqual([401, 'UNAUTHENTICATED']);
    expect(await refused(bearer())).toEqual([200]);
    await gateway.advance(930);
    expect(await refused(bearer())).toEqual([401, 'UNAUTHENTICATED']);
    tokens = await accountsOf(createIsolates()).sessions.open('usr_a', CLIENT);
    expect(await refused(bearer())).toEqual([200]);
    await accountsOf(createIsolates()).sessions.end('usr_a', tokens.sessionId);
    await gateway.advance(30);
    expect(await refused(bearer())).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('over a socket', () => {
  beforeEach(async () => {
    await evictAllDurableObjects();
    isolateWithAccounts();
  });

  test('a viewer reads their account, and the end of the session closes every socket of it', async () => {
    const sockets = [
      await live.connected('hub-0', bearer().Authorization),
      await live.connected('hub-3', bearer().Authorization),
    ];
    for (const socket of sockets) {
      socket.subscribe('a', '{ viewer { displayName } }');
      expect(await socket.next()).toMatchObject({ payload: { data: { viewer: { displayName: 'Ann' } } } });
      expect(await socket.next()).toMatchObject({ id: 'a', type: 'complete' });
    }
    const copy = () => env.SESSIONS_KV.get(`session:${tokens.sessionId}`);
    await vi.waitFor(async () => expect(await copy()).not.toBeNull());
    const other = await accountsOf(isolateOf).sessions.open('usr_a', CLIENT);
    const others = await live.connected('hub-0', `Bearer ${other.accessToken}`);
    const strangers = await live.connected('hub-0');
    await accountsOf(isolateOf).sessions.end('usr_a', tokens.sessionId);
    for (const socket of sockets) expect((await socket.closed).code).toBe(4403);
    await vi.waitFor(async () => expect(await copy()).toBeNull());
    for (const socket of [others, strangers]) {
      socket.subscribe('a', PRICES, { symbols: ['BTC'] });
      expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
    }
  });

  test('the hourly job ends an account that was closed at the main API', async () => {
    const socket = await live.connected('hub-2', bearer().Authorization);
    const strangers = await live.connected('hub-2');
    const closed = [{ user_id: 'usr_a', closed_at: Math.floor(Date.now() / 1000) }];
    await live.upstream.writeAnswer('users-closed', JSON.stringify(closed));
    await gateway.scheduled(CRONS.hourly);
    expect((await socket.closed).code).toBe(4403);
    strangers.subscribe('a', PRICES, { symbols: ['BTC'] });
    expect(await strangers.next()).toMatchObject({ id: 'a', type: 'next' });
    expect((await gateway.post({ query: '{ viewer { id } }' }, bearer())).status).toBe(401);
  });
});
