/** An account's life over HTTP: register, read, refresh, change the password, sign out. */
import { beforeAll, expect, test } from 'vitest';
import { decodeGlobalId } from '../../../schema/global-ids.ts';
import { ask, askForTokens, PASSWORD, register } from '../../support/accounts.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }));
});

const viewerOf = async (accessToken?: string) =>
  (await ask<{ viewer: { email: string } | null }>(gateway, 'Viewer', {}, { accessToken })).data?.viewer;

test('a new user reads their account, and nobody else does', async () => {
  const ann = await register(gateway, ' Ann@Example.COM ');
  expect(ann.viewer).toMatchObject({ email: 'ann@example.com', walletAddresses: [], displayName: 'Ann' });
  expect(await viewerOf(ann.accessToken)).toMatchObject({ email: 'ann@example.com' });
  expect(await viewerOf()).toBeNull();
  const answer = await ask(gateway, 'Viewer', {}, { accessToken: ann.accessToken });
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
});

test('an address has one account, in whatever case it is written', async () => {
  await register(gateway, 'bea@example.com');
  expect(await register(gateway, 'BEA@example.com')).toMatchObject({
    code: 'EMAIL_TAKEN',
    field: ['input', 'email'],
  });
});

test.each([
  ['a password of 14 characters', { password: 'xq7 vmk pz2 rw' }, 'VALIDATION_FAILED', 'password'],
  ['a common password', { password: 'passwordpassword' }, 'PASSWORD_COMMON', 'password'],
  ['no address', { email: 'ann' }, 'VALIDATION_FAILED', 'email'],
  ['a name that reorders text', { displayName: 'a\u202eb' }, 'VALIDATION_FAILED', 'displayName'],
  ['a name of blanks', { displayName: '  ' }, 'VALIDATION_FAILED', 'displayName'],
])('%s opens no account', async (_name, input, code, field) => {
  const answer = await askForTokens(gateway, 'Register', {
    input: { email: 'new@example.com', password: PASSWORD, ...input },
  });
  expect(answer).toMatchObject({ code, field: ['input', field] });
});

test('a login signs in, and a wrong password or an unknown address gets the same answer', async () => {
  const cy = await register(gateway, 'cy@example.com');
  const logIn = (email: string, password: string) => ask(gateway, 'LogIn', { input: { email, password } });
  const again = await askForTokens(gateway, 'LogIn', {
    input: { email: 'cy@example.com', password: PASSWORD },
  });
  expect(again.viewer.id).toBe(cy.viewer.id);
  const wrong = await logIn('cy@example.com', 'another horse battery staple');
  expect(wrong.data).toMatchObject({ login: { code: 'INVALID_CREDENTIALS' } });
  const unknown = await logIn('nobody@example.com', PASSWORD);
  expect([unknown.status, JSON.stringify(unknown.data)]).toEqual([wrong.status, JSON.stringify(wrong.data)]);
});

test('a refresh token gives a new pair, and an older one ends the session', async () => {
  const dan = await register(gateway, 'dan@example.com');
  const refresh = (refreshToken: string) => askForTokens(gateway, 'RefreshSession', { refreshToken });
  const second = await refresh(dan.refreshToken);
  expect((await refresh(dan.refreshToken)).refreshToken).toBe(second.refreshToken);
  expect(await viewerOf(second.accessToken)).toMatchObject({ email: 'dan@example.com' });
  await refresh(second.refreshToken);
  expect(await refresh(dan.refreshToken)).toMatchObject({ code: 'SESSION_REUSED' });
  expect(await refresh(second.refreshToken)).toMatchObject({ code: 'SESSION_EXPIRED' });
  const refused = await ask(gateway, 'Viewer', {}, { accessToken: second.accessToken });
  expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
});

test('a changed password ends every other session, and the old password is no longer taken', async () => {
  const eve = await register(gateway, 'eve@example.com');
  const other = await askForTokens(gateway, 'LogIn', {
    input: { email: 'eve@example.com', password: PASSWORD },
  });
  const newPassword = 'a quite different sentence';
  const change = (input: object) =>
    askForTokens(gateway, 'ChangePassword', { input }, { accessToken: eve.accessToken });
  expect(await change({ currentPassword: 'not the password at all', newPassword })).toMatchObject({
    code: 'INVALID_CREDENTIALS',
    field: ['input', 'currentPassword'],
  });
  const changed = await change({ currentPassword: PASSWORD, newPassword });
  expect(await viewerOf(changed.accessToken)).toMatchObject({ email: 'eve@example.com' });
  for (const { accessToken } of [eve, other]) expect(await viewerOf(accessToken)).toBeUndefined();
  const logIn = (password: string) =>
    askForTokens(gateway, 'LogIn', { input: { email: 'eve@example.com', password } });
  expect(await logIn(PASSWORD)).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(await logIn(newPassword)).toMatchObject({ viewer: { id: eve.viewer.id } });
});

test('sessions are listed, ended one by one, and ended all together', async () => {
  const fay = await register(gateway, 'fay@example.com');
  const logIn = () =>
    askForTokens(gateway, 'LogIn', { input: { email: 'fay@example.com', password: PASSWORD } });
  const [second, third] = [await logIn(), await logIn()];
  interface Listed {
    viewer: { sessions: { id: string; current: boolean }[] };
  }
  const sessionsOf = async (accessToken: string) =>
    (await ask<Listed>(gateway, 'ViewerSessions', {}, { accessToken })).data.viewer.sessions;
  const sessions = await sessionsOf(third.accessToken);
  expect([sessions.length, sessions.filter(({ current }) => current).length]).toEqual([3, 1]);
  expect(sessions.map(({ id }) => decodeGlobalId(id)?.typeName)).toEqual(['Session', 'Session', 'Session']);
  const currentOf = async (accessToken: string) =>
    (await sessionsOf(accessToken)).find(({ current }) => current)?.id ?? '';
  const end = (sessionId: string) =>
    ask(gateway, 'EndSession', { sessionId }, { accessToken: third.accessToken });
  const ofSecond = await currentOf(second.accessToken);
  expect((await end(ofSecond)).data).toEqual({ endSession: true });
  expect((await end(ofSecond)).data).toEqual({ endSession: false });
  expect((await end('nonsense')).data).toEqual({ endSession: false });
  expect(await viewerOf(second.accessToken)).toBeUndefined();
  const stranger = await register(gateway, 'gil@example.com');
  const ofStranger = await currentOf(stranger.accessToken);
  expect((await end(ofStranger)).data).toEqual({ endSession: false });
  expect(await viewerOf(stranger.accessToken)).toMatchObject({ email: 'gil@example.com' });
  const out = await ask(gateway, 'LogOut', { everywhere: true }, { accessToken: third.accessToken });
  expect(out.data).toEqual({ logout: true });
  for (const { accessToken } of [fay, third]) expect(await viewerOf(accessToken)).toBeUndefined();
});

test('a profile shows its changes at once', async () => {
  const { accessToken } = await register(gateway, 'hal@example.com');
  const update = (input: object) => ask(gateway, 'UpdateProfile', { input }, { accessToken });
  expect((await update({ displayName: ' Hal ' })).data).toMatchObject({
    updateProfile: { viewer: { displayName: 'Hal' } },
  });
  expect(await viewerOf(accessToken)).toMatchObject({ displayName: 'Hal', avatarUrl: null });
  expect((await update({ displayName: null, avatarUrl: 'javascript:alert(1)' })).data).toMatchObject({
    updateProfile: { code: 'VALIDATION_FAILED', field: ['input', 'avatarUrl'] },
  });
  expect(await viewerOf(accessToken)).toMatchObject({ displayName: 'Hal' });
});

test.each(['ChangePassword', 'LogOut', 'EndSession', 'UpdateProfile'])(
  '%s is for who is signed in',
  async (name) => {
    const variables = {
      ChangePassword: { input: { currentPassword: PASSWORD, newPassword: PASSWORD } },
      EndSession: { sessionId: 'x' },
      UpdateProfile: { input: {} },
    }[name];
    const { status, headers, errors } = await ask(gateway, name, variables);
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(headers.get('www-authenticate')).toBe('Bearer');
  },
);

test('a token that has expired keeps nobody from signing in, and signs nobody in', async () => {
  const ida = await register(gateway, 'ida@example.com');
  await gateway.advance(3_600);
  const { accessToken, refreshToken } = ida;
  const refused = await ask(gateway, 'Viewer', {}, { accessToken });
  expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  const input = { email: 'ida@example.com', password: PASSWORD };
  for (const answer of [
    await askForTokens(gateway, 'RefreshSession', { refreshToken }, { accessToken }),
    await askForTokens(gateway, 'LogIn', { input }, { accessToken }),
  ])
    expect(await viewerOf(answer.accessToken)).toMatchObject({ email: 'ida@example.com' });
  const mixed = await gateway.post(
    {
      query:
        'mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } createWalletChallenge(input: { address: "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045" }) { message } }',
      variables: { token: refreshToken },
    },
    { authorization: `Bearer ${accessToken}` },
  );
  expect([mixed.status, mixed.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
});

test('who signs in again has the new session alone', async () => {
  const jo = await register(gateway, 'jo@example.com');
  const input = { email: 'jo@example.com', password: PASSWORD };
  const again = await askForTokens(gateway, 'LogIn', { input }, { accessToken: jo.accessToken });
  expect(await viewerOf(again.accessToken)).toMatchObject({ email: 'jo@example.com' });
  expect(await viewerOf(jo.accessToken)).toBeUndefined();
  const another = await register(gateway, 'kim@example.com');
  await askForTokens(gateway, 'LogIn', { input }, { accessToken: another.accessToken });
  expect(await viewerOf(another.accessToken)).toMatchObject({ email: 'kim@example.com' });
});
