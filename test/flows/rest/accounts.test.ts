/** Accounts by `/api`: each answer says what GraphQL says, and each refusal has its status, its code and its reason. */
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { parseSiweMessage } from 'viem/siwe';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId } from '../../../schema/global-ids.ts';
import { ACCESS_TOKEN_SECONDS, RATE_LIMIT_WINDOW_SECONDS } from '../../../src/config.ts';
import { type SignedIn, signedIn, type WalletChallenge } from '../../../src/rest/answers/sign-in.ts';
import { type User, user } from '../../../src/rest/answers/user.ts';
import { ask, PASSWORD } from '../../support/accounts.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { accountCalls, type Sent } from '../../support/rest-accounts.ts';
import { insertAvatar } from '../../support/uploaded-files.ts';

const REGISTER = 'POST /api/auth/register';
const LOG_IN = 'POST /api/auth/login';
const CHALLENGE = 'POST /api/auth/wallet-challenge';
const CONNECT = 'POST /api/auth/wallet-connect';
const REFRESH = 'POST /api/auth/refresh';
const LOG_OUT = 'POST /api/protected/auth/logout';
const PROFILE = 'GET /api/protected/users/profile';
const UPDATE = 'PUT /api/protected/users/profile';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }));
});
/** Each test has the limits of another minute. */
beforeEach(() => gateway.advance(RATE_LIMIT_WINDOW_SECONDS));

const { call, answered, refusal } = accountCalls(() => gateway);

const signIn = async (route: string, body: object, sent: Sent = {}): Promise<SignedIn> =>
  signedIn.parse(await answered(route, { ...sent, body }));

const newWallet = () => privateKeyToAccount(generatePrivateKey());

async function signedChallenge(wallet: PrivateKeyAccount, sent: Sent = {}) {
  const body = { address: wallet.address };
  const { message } = await answered<WalletChallenge>(CHALLENGE, { ...sent, body });
  return { message, signature: await wallet.signMessage({ message }) };
}

/** A new account without a password, which would have to be hashed. */
const walletUser = async () => signIn(CONNECT, await signedChallenge(newWallet()));

const profileOf = async ({ accessToken }: SignedIn): Promise<User> =>
  user.parse(await answered(PROFILE, { accessToken }));

/** The viewer of GraphQL, in the platform's ids, words and times. */
async function viewerOf({ accessToken }: SignedIn): Promise<unknown> {
  interface Viewer {
    id: string;
    permissions: string[];
    createdAt: string;
  }
  const { data } = await ask<{ viewer: Viewer }>(gateway, 'Viewer', {}, { accessToken });
  const { id, permissions, createdAt, ...same } = data.viewer;
  return {
    ...same,
    id: decodeGlobalId(id)?.id,
    permissions: permissions.map((permission) => permission.toLowerCase()),
    createdAt: Date.parse(createdAt) / 1000,
  };
}

const isSignedOut = async ({ accessToken }: SignedIn) =>
  (await call(PROFILE, { accessToken })).status === 401;

describe('signing in', () => {
  test('by a password answers with the tokens and the user, as GraphQL says them', async () => {
    const given = { email: ' Ann@Example.COM ', password: PASSWORD, displayName: 'Ann' };
    const opened = await signIn(REGISTER, { ...given, deviceToken: 'of another account' });
    expect(opened.user).toMatchObject({ email: 'ann@example.com', displayName: 'Ann', walletAddresses: [] });
    const { exp } = JSON.parse(atob(opened.accessToken.split('.')[1] ?? ''));
    expect(opened.accessTokenExpiresAt).toBe(exp);
    const { deviceToken } = opened;
    const again = await signIn(LOG_IN, { email: 'ann@example.com', password: PASSWORD, deviceToken });
    const plain = await signIn(LOG_IN, { ...given, displayName: 'Not looked at', deviceToken: null });
    for (const answer of [opened, again, plain]) {
      expect(answer.user).toEqual(await viewerOf(answer));
      expect(await profileOf(answer)).toEqual(opened.user);
    }
    expect(new Set([opened, again, plain].map(({ refreshToken }) => refreshToken)).size).toBe(3);
  });

  test('by a wallet takes what the wallet signs, and links it to the account of who is signed in', async () => {
    const wallet = newWallet();
    const nowSeconds = Math.floor(Date.now() / 1000);
    const challenge = await answered<WalletChallenge>(CHALLENGE, { body: { address: wallet.address } });
    expect(challenge).toEqual({ message: expect.any(String), expiresAt: nowSeconds + 600 });
    expect(parseSiweMessage(challenge.message)).toMatchObject({ address: wallet.address, chainId: 1 });
    const onAnother = await answered<WalletChallenge>(CHALLENGE, {
      body: { address: wallet.address, chainId: 10 },
    });
    expect(parseSiweMessage(onAnother.message)).toMatchObject({ chainId: 10 });
    const { message } = challenge;
    const opened = await signIn(CONNECT, { message, signature: await wallet.signMessage({ message }) });
    expect(opened.user).toMatchObject({ email: null, walletAddresses: [wallet.address] });
    expect(opened.user).toEqual(await viewerOf(opened));
    const second = newWallet();
    const { accessToken } = opened;
    const linked = await signIn(CONNECT, await signedChallenge(second, { accessToken }), { accessToken });
    expect(linked.user).toEqual(await viewerOf(linked));
    expect(linked.user.id).toBe(opened.user.id);
    expect(linked.user.walletAddresses.toSorted()).toEqual([wallet.address, second.address].toSorted());
  });

  test('goes on by refresh tokens: each works until its successor is used, and an older one ends the session', async () => {
    const first = await walletUser();
    const refresh = ({ refreshToken }: SignedIn) => signIn(REFRESH, { refreshToken });
    const second = await refresh(first);
    expect((await refresh(first)).refreshToken).toBe(second.refreshToken);
    expect(second.user).toEqual(await viewerOf(second));
    await refresh(second);
    const used = { body: { refreshToken: first.refreshToken } };
    expect(await refusal(REFRESH, used)).toBe('401 SESSION_REUSED');
    const ended = { body: { refreshToken: second.refreshToken } };
    expect(await refusal(REFRESH, ended)).toBe('401 SESSION_EXPIRED');
    expect(await isSignedOut(second)).toBe(true);
  });
});

describe('the profile', () => {
  test('changes by the members that are sent, and null removes a value', async () => {
    const ann = await walletUser();
    const { accessToken } = ann;
    const update = async (body: object | undefined) =>
      user.parse(await answered(UPDATE, { accessToken, body }));
    const avatarUrl = await insertAvatar(ann.user.id);
    const steps: [object | undefined, object][] = [
      [{ displayName: ' Ann ' }, { displayName: 'Ann', avatarUrl: null }],
      [{ avatarUrl }, { displayName: 'Ann', avatarUrl }],
      [{}, { displayName: 'Ann', avatarUrl }],
      [undefined, { displayName: 'Ann', avatarUrl }],
      [{ displayName: null }, { displayName: null, avatarUrl }],
    ];
    for (const [sent, kept] of steps) {
      expect(await update(sent)).toEqual({ ...ann.user, ...kept });
      expect(await profileOf(ann)).toEqual({ ...ann.user, ...kept });
    }
    expect(await viewerOf(ann)).toEqual(await profileOf(ann));
  });

  test('is one’s own alone, and another user changes and ends nothing of it', async () => {
    const [ann, ben] = [await walletUser(), await walletUser()];
    const { accessToken } = ben;
    await answered(UPDATE, { accessToken, body: { displayName: 'Ben' } });
    expect(await profileOf(ben)).toMatchObject({ id: ben.user.id, displayName: 'Ben' });
    expect(await profileOf(ann)).toEqual(ann.user);
    await call(LOG_OUT, { accessToken, body: { everywhere: true } });
    expect([await isSignedOut(ben), await isSignedOut(ann)]).toEqual([true, false]);
  });
});

describe('signing out', () => {
  test.each([
    ['no body', {}, true],
    ['no body of JSON', { headers: { 'Content-Type': 'application/json' } }, true],
    ['an empty object', { body: {} }, true],
    [
      'another name of UTF-8',
      { body: {}, headers: { 'Content-Type': 'application/json; charset=UTF8' } },
      true,
    ],
    ['everywhere: false', { body: { everywhere: false } }, true],
    ['everywhere: true', { body: { everywhere: true } }, false],
  ] satisfies [string, Sent, boolean][])(
    'with %s answers 204, and ends the session at once',
    async (_name, sent, isOtherLeft) => {
      const wallet = newWallet();
      const here = await signIn(CONNECT, await signedChallenge(wallet));
      const there = await signIn(CONNECT, await signedChallenge(wallet));
      const out = await call(LOG_OUT, { ...sent, accessToken: here.accessToken });
      expect([out.status, out.body, out.headers.get('content-type')]).toEqual([204, null, null]);
      expect(out.headers.get('cache-control')).toBe('private, no-store');
      expect(await isSignedOut(here)).toBe(true);
      expect(await isSignedOut(there)).toBe(!isOtherLeft);
      const { refreshToken } = here;
      expect(await refusal(REFRESH, { body: { refreshToken } })).toBe('401 SESSION_EXPIRED');
    },
  );
});

describe('refused is', () => {
  const NEW = { email: 'new@example.com', password: PASSWORD };
  const ADDRESS = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';
  const COMMON = 'passwordpassword';
  const SIGNATURE = `0x${'ab'.repeat(65)}`;

  test.each<[string, string, object, string]>([
    ['an address that is none', REGISTER, { ...NEW, email: 'ann' }, '400 VALIDATION_FAILED email'],
    ['a short password', REGISTER, { ...NEW, password: 'short' }, '400 VALIDATION_FAILED password'],
    ['a common password', REGISTER, { ...NEW, password: COMMON }, '409 PASSWORD_COMMON password'],
    ['an address of no wallet', CHALLENGE, { address: 'vitalik.eth' }, '400 BAD_USER_INPUT address'],
    ['a chain of no number', CHALLENGE, { address: ADDRESS, chainId: 0 }, '400 BAD_USER_INPUT chainId'],
    ['a message of others', CONNECT, { message: 'a', signature: SIGNATURE }, '409 CHALLENGE_INVALID message'],
    ['a made-up token', REFRESH, { refreshToken: 'made-up' }, '401 SESSION_EXPIRED'],
  ])('%s', async (_name, route, body, reason) => {
    expect(await refusal(route, { body })).toBe(reason);
  });

  test('an address that has an account, and a wrong password as an unknown account', async () => {
    const bea = { email: 'bea@example.com', password: PASSWORD };
    await signIn(REGISTER, bea);
    const taken = { body: { ...bea, email: 'BEA@example.com' } };
    expect(await refusal(REGISTER, taken)).toBe('409 EMAIL_TAKEN email');
    for (const changed of [{ password: 'another horse battery' }, { email: 'nobody@example.com' }])
      expect(await refusal(LOG_IN, { body: { ...bea, ...changed } })).toBe('401 INVALID_CREDENTIALS');
  });

  test('a signature of another wallet, a challenge that was used, and a page of a foreign site', async () => {
    const wallet = newWallet();
    const signed = await signedChallenge(wallet);
    const signature = await newWallet().signMessage({ message: signed.message });
    const ofAnother = { body: { ...signed, signature } };
    expect(await refusal(CONNECT, ofAnother)).toBe('409 SIGNATURE_INVALID signature');
    await signIn(CONNECT, signed);
    expect(await refusal(CONNECT, { body: signed })).toBe('409 CHALLENGE_INVALID message');
    const foreign = { body: { address: wallet.address }, headers: { Origin: 'https://evil.example' } };
    expect(await refusal(CHALLENGE, foreign)).toBe('403 FORBIDDEN');
  });

  test('a profile that does not fit', async () => {
    const { accessToken } = await walletUser();
    for (const [body, name] of [
      [{ avatarUrl: 'https://pics.example/a' }, 'avatarUrl'],
      [{ displayName: 'a\u202eb' }, 'displayName'],
    ] as const)
      expect(await refusal(UPDATE, { accessToken, body })).toBe(`400 VALIDATION_FAILED ${name}`);
  });

  // A page of a foreign site can make a browser send these without asking first.
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a', null])(
    'a body as %s',
    async (type) => {
      const { accessToken } = await walletUser();
      const headers = { Authorization: `Bearer ${accessToken}`, ...(type && { 'Content-Type': type }) };
      // No media type goes with bytes.
      const body = new TextEncoder().encode('{"everywhere":true}');
      for (const route of [REGISTER, LOG_IN, CHALLENGE, CONNECT, REFRESH, UPDATE, LOG_OUT]) {
        const [method = '', path = ''] = route.split(' ');
        const answer = await gateway.fetch(path, { method, headers, body });
        expect([route, answer.status]).toEqual([route, 415]);
      }
      expect((await call(PROFILE, { accessToken })).status).toBe(200);
    },
  );
});

test('a token that has expired keeps nobody from signing in; a wallet could be linked by it, and is refused', async () => {
  const cy = await signIn(REGISTER, { email: 'cy@example.com', password: PASSWORD });
  const { accessToken, refreshToken } = cy;
  await gateway.advance(ACCESS_TOKEN_SECONDS + RATE_LIMIT_WINDOW_SECONDS);
  expect(await isSignedOut(cy)).toBe(true);
  const expired = { accessToken };
  expect((await signIn(REFRESH, { refreshToken }, expired)).user).toEqual(cy.user);
  const credentials = { email: 'cy@example.com', password: PASSWORD };
  expect((await signIn(LOG_IN, credentials, expired)).user).toEqual(cy.user);
  const another = { ...credentials, email: 'dan@example.com' };
  expect((await signIn(REGISTER, another, expired)).user.id).not.toBe(cy.user.id);
  const wallet = newWallet();
  const signed = await signedChallenge(wallet);
  for (const [route, body, name] of [
    [CHALLENGE, { address: wallet.address }, 'CreateWalletChallenge'],
    [CONNECT, signed, 'ConnectWallet'],
  ] as const) {
    const byApi = await refusal(route, { ...expired, body });
    const byGraphQL = await ask(gateway, name, { input: body }, expired);
    expect(byApi).toBe('401 UNAUTHENTICATED');
    expect(byApi).toBe(`${byGraphQL.status} ${byGraphQL.errors?.[0]?.extensions.code}`);
  }
});
