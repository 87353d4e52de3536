/** A session ends on a device, and with it everything that the session holds at the hubs, with real accounts. */
import { createExecutionContext, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { ACCESS_TOKEN_SECONDS, CLOCK_SKEW_SECONDS, RATE_LIMITS } from '../../../src/config.ts';
import gatewayWorker from '../../../src/index.ts';
import { SESSION_COPY_MAX_AGE_SECONDS } from '../../../src/storage/kv/keys.ts';
import { ask, askForTokens, documentIdOf, PASSWORD } from '../../support/accounts.ts';
import { type ClientSocket, openSocketOf } from '../../support/client-socket.ts';
import { EventStreamClient } from '../../support/event-stream-client.ts';
import { CRONS } from '../../support/gateway.ts';
import { type Person, useLiveAccounts } from '../../support/live-accounts.ts';
import { PRICES, useLiveMarket } from '../../support/live-market.ts';
import { usePrivatePool, WATCH_POOL } from '../../support/private-pool.ts';

const [AWAKE, ASLEEP] = ['hub-0', 'hub-3'];
const VIEWER = '{ viewer { displayName } }';
const NEW_PASSWORD = 'a quite different sentence';

const live = useLiveMarket();
const accounts = useLiveAccounts(live);
const pool = usePrivatePool(live);
let streams: EventStreamClient[] = [];
beforeEach(() => pool.store(accounts.gateway));
afterEach(async () => {
  for (const stream of streams) await stream.leave();
  streams = [];
});

async function watching(person: Person, hubName = AWAKE): Promise<ClientSocket> {
  const socket = await accounts.connected(person, hubName);
  await pool.watch(socket, 'own', person.id);
  return socket;
}

/** The same as server-sent events, by whatever hub the gateway chooses. */
async function streaming({ id, accessToken }: Person): Promise<EventStreamClient> {
  const request = new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      Authorization: `Bearer ${accessToken}`,
    },
    body: JSON.stringify(WATCH_POOL),
  }) as Parameters<typeof gatewayWorker.fetch>[0];
  const stream = new EventStreamClient(
    await gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext()),
  );
  streams.push(stream);
  expect(JSON.parse((await stream.next())?.data ?? '')).toMatchObject(pool.seenBy(id));
  return stream;
}

const askOver = (socket: ClientSocket, id: string, name: string, variables: Record<string, unknown> = {}) =>
  socket.send({ type: 'subscribe', id, payload: { documentId: documentIdOf(name), variables } });

/** What a query or a mutation over a socket is answered, to its end. */
async function answerTo(socket: ClientSocket, id: string) {
  const { type, payload } = await socket.next();
  if (type === 'error') return payload[0].extensions.code;
  expect(await socket.next()).toEqual({ id, type: 'complete' });
  return payload.errors?.[0].extensions.code ?? payload.data;
}

const UNAUTHENTICATED = { type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] };

interface Devices {
  first: Person;
  second: Person;
}
const gatewayAsked = (name: string, variables: Record<string, unknown>, by: Person) =>
  ask(accounts.gateway, name, variables, by);
const refresh = (refreshToken: string) => askForTokens(accounts.gateway, 'RefreshSession', { refreshToken });

/** Each ends the session of the first device; the last column says if it ends that of the second too. */
const WAYS: [string, (devices: Devices) => Promise<unknown>, boolean][] = [
  ['its logout', ({ first }) => gatewayAsked('LogOut', {}, first), false],
  ['a logout everywhere', ({ second }) => gatewayAsked('LogOut', { everywhere: true }, second), true],
  [
    'endSession on another device',
    ({ first, second }) =>
      gatewayAsked('EndSession', { sessionId: encodeGlobalId('Session', first.sessionId) }, second),
    false,
  ],
  [
    'a new password',
    ({ second }) =>
      gatewayAsked(
        'ChangePassword',
        { input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD } },
        second,
      ),
    true,
  ],
  [
    'the closing of the account',
    async ({ first }) => {
      const closed = [{ user_id: first.id, closed_at: Math.floor(Date.now() / 1000) }];
      await live.upstream.writeAnswer('users-closed', JSON.stringify(closed));
      await accounts.gateway.scheduled(CRONS.hourly);
    },
    true,
  ],
  [
    'a refresh token that comes twice',
    async ({ first }) => {
      const { refreshToken } = await refresh(first.refreshToken);
      await refresh(refreshToken);
      expect(await refresh(first.refreshToken)).toMatchObject({ code: 'SESSION_REUSED' });
    },
    false,
  ],
];

test.each(WAYS)('%s closes the sockets of the session in every hub', async (_name, end, endsSecond) => {
  const first = await accounts.registered();
  const second = await accounts.again(first);
  const stranger = await accounts.registered();
  const ended = [await watching(first), await watching(first, ASLEEP)];
  const withoutPrivate = await accounts.connected(first, ASLEEP);
  withoutPrivate.subscribe('prices', PRICES, { symbols: ['BTC'] });
  await withoutPrivate.next();
  ended.push(withoutPrivate);
  const stream = await streaming(first);
  const others = { second: await watching(second), stranger: await watching(stranger) };
  await evictDurableObject(env.SUBSCRIPTION_HUBS.getByName(ASLEEP));
  await end({ first, second });
  for (const socket of ended) expect((await socket.closed).code).toBe(4403);
  expect((await stream.rest()).map(({ type }) => type)).toEqual(['complete']);
  if (endsSecond) expect((await others.second.closed).code).toBe(4403);
  await pool.move();
  for (const socket of ended) expect(socket.unread).toEqual([]);
  expect(await others.stranger.next()).toMatchObject({ payload: pool.seenBy(stranger.id) });
  if (!endsSecond) expect(await others.second.next()).toMatchObject({ payload: pool.seenBy(second.id) });
});

describe('over the socket itself', () => {
  test('a logout is answered, and then the socket closes', async () => {
    const person = await accounts.registered();
    const socket = await watching(person);
    askOver(socket, 'out', 'LogOut');
    expect(await answerTo(socket, 'out')).toEqual({ logout: true });
    expect((await socket.closed).code).toBe(4403);
  });

  test('a new password is answered with the tokens of the session that begins', async () => {
    const person = await accounts.registered();
    const socket = await watching(person);
    askOver(socket, 'new', 'ChangePassword', {
      input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
    });
    const { changePassword } = await answerTo(socket, 'new');
    expect((await socket.closed).code).toBe(4403);
    await watching({ ...person, accessToken: changePassword.accessToken });
  });

  test('a login and a refresh give tokens, within the limits of the client that opened it', async () => {
    const person = await accounts.registered();
    const headers = { 'CF-Connecting-IP': '2001:db8:7:7::1' };
    const sockets = [];
    for (const hubName of [AWAKE, ASLEEP]) {
      const socket = live.closing(await openSocketOf(hubName, headers));
      socket.send({ type: 'connection_init' });
      expect(await socket.next()).toEqual({ type: 'connection_ack' });
      sockets.push(socket);
    }
    const [one, two] = sockets as [ClientSocket, ClientSocket];
    askOver(one, 'in', 'LogIn', { input: { email: person.email, password: PASSWORD } });
    const { login } = await answerTo(one, 'in');
    askOver(two, 'again', 'RefreshSession', { refreshToken: login.refreshToken });
    const { refreshSession } = await answerTo(two, 'again');
    await watching({ ...person, accessToken: refreshSession.accessToken });

    const challenge = (socket: ClientSocket, at: number) => {
      const address = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';
      askOver(socket, `${at}`, 'CreateWalletChallenge', { input: { address, chainId: 1 } });
      return answerTo(socket, `${at}`);
    };
    const { network } = RATE_LIMITS.challenge;
    for (let at = 0; at < network; at += 1)
      expect(await challenge(at % 2 === 0 ? one : two, at)).toMatchObject({ createWalletChallenge: {} });
    for (const socket of [one, two]) expect(await challenge(socket, network)).toBe('RATE_LIMITED');
    expect(await challenge(await accounts.connected(null, AWAKE), 0)).toMatchObject({
      createWalletChallenge: {},
    });
  });

  test('nothing changes any more after the end of the session, and nothing is read half a minute later', async () => {
    const person = await accounts.registered();
    const socket = await accounts.connected(person, AWAKE);
    const read = () => {
      socket.subscribe('read', VIEWER);
      return answerTo(socket, 'read');
    };
    expect(await read()).toEqual({ viewer: { displayName: 'Ann' } });
    // No hub is told.
    await env.DB.prepare('DELETE FROM user_session WHERE id = ?1').bind(person.sessionId).run();
    expect(await read()).toEqual({ viewer: { displayName: 'Ann' } });
    await accounts.gateway.advance(SESSION_COPY_MAX_AGE_SECONDS);
    expect(await read()).toBe('UNAUTHENTICATED');
    const other = await accounts.again(person);
    const others = await accounts.connected(other, AWAKE);
    await env.DB.prepare('DELETE FROM user_session WHERE id = ?1').bind(other.sessionId).run();
    askOver(others, 'change', 'UpdateProfile', { input: { displayName: 'Bea' } });
    expect(await others.next()).toMatchObject(UNAUTHENTICATED);
    const row = await env.DB.prepare('SELECT display_name FROM user_account WHERE id = ?1');
    expect(await row.bind(person.id).first('display_name')).toBe('Ann');
  });
});

describe('a token', () => {
  test('that is made up, signed by another key, or of another kind, opens no connection', async () => {
    const { accessToken, refreshToken } = await accounts.registered();
    const [head, body] = accessToken.split('.');
    const foreign = `${head}.${body}.${btoa('x'.repeat(32)).replace(/=+$/, '')}`;
    for (const authorization of ['x', 'Bearer x', `Bearer ${foreign}`, `Bearer ${refreshToken}`]) {
      const socket = live.closing(await openSocketOf(AWAKE));
      socket.send({ type: 'connection_init', payload: { authorization } });
      expect((await socket.closed).code).toBe(4403);
      expect(socket.unread).toEqual([]);
    }
  });

  test('that expires closes sockets with private subscriptions, and leaves all others what is public', async () => {
    const person = await accounts.registered();
    const mixed = await watching(person);
    mixed.subscribe('prices', PRICES, { symbols: ['BTC'] });
    await mixed.next();
    const onlyPublic = await accounts.connected(person, AWAKE);
    onlyPublic.subscribe('prices', PRICES, { symbols: ['BTC'] });
    await onlyPublic.next();
    const stream = await streaming(person);
    await accounts.gateway.advance(ACCESS_TOKEN_SECONDS);
    expect(await runDurableObjectAlarm(env.SUBSCRIPTION_HUBS.getByName(AWAKE))).toBe(true);
    expect((await mixed.closed).code).toBe(4403);
    await pool.move();
    expect((await stream.rest()).map(({ type }) => type)).toEqual(['complete']);

    await accounts.gateway.advance(CLOCK_SKEW_SECONDS);
    onlyPublic.subscribe('more', PRICES, { symbols: ['ETH'] });
    expect(await onlyPublic.next()).toMatchObject({ id: 'more', type: 'next' });
    onlyPublic.send({ type: 'subscribe', id: 'own', payload: WATCH_POOL });
    expect(await onlyPublic.next()).toMatchObject({ id: 'own', ...UNAUTHENTICATED });
    const late = live.closing(await openSocketOf(AWAKE));
    late.send({ type: 'connection_init', payload: { authorization: `Bearer ${person.accessToken}` } });
    expect((await late.closed).code).toBe(4403);
  });
});
