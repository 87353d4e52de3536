/** Addresses, passwords, tokens and signatures are in no line of the log, and no error repeats them. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask, PASSWORD, register } from '../../support/accounts.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { callRest } from '../../support/rest.ts';

const EMAIL = 'ann.secret@example.com';
const DEVICE = `default.${'d'.repeat(22)}.${'e'.repeat(43)}`;
const SIGNATURE = `0x${'5ec4e7'.repeat(21)}ff`;

let lines: string[];
beforeEach(() => {
  lines = [];
  for (const level of ['info', 'warn', 'error', 'log', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...values) => void lines.push(values.map(String).join(' ')));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A D1 that fails from `fail` on. */
function failingD1() {
  let isDown = false;
  const down = () => {
    throw new Error('D1_ERROR: storage is down');
  };
  const db = {
    prepare: (sql: string) => (isDown ? down() : env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => (isDown ? down() : env.DB.batch(statements)),
  } as unknown as D1Database;
  return {
    db,
    fail: () => {
      isDown = true;
    },
  };
}

const expectNone = (texts: readonly string[], secrets: readonly string[]) => {
  for (const secret of secrets)
    expect(
      texts.filter((text) => text.includes(secret)),
      secret,
    ).toEqual([]);
};

const logIn = 'mutation LogIn($input: LoginInput!) { login(input: $input) { __typename } }';
const connect =
  'mutation Connect($input: ConnectWalletInput!) { connectWallet(input: $input) { __typename } }';

test('a sign-in that fails leaves neither its credentials nor the tokens of others in the log', async () => {
  const { db, fail } = failingD1();
  const gateway: TestGateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }), {
    DB: db,
  });
  const { accessToken, refreshToken, deviceToken } = await register(gateway, EMAIL);
  fail();
  const input = { email: EMAIL, password: PASSWORD, deviceToken };
  const post = (name: string, body: object) =>
    callRest(gateway, `/api/auth/${name}`, { method: 'POST', body });
  const answers = [
    await gateway.post({ query: logIn, variables: { input } }),
    await gateway.post({ query: connect, variables: { input: { message: EMAIL, signature: SIGNATURE } } }),
    await gateway.post({
      query: `mutation Refresh { refreshSession(refreshToken: "${refreshToken}") { __typename } }`,
    }),
    await ask(gateway, 'UpdateProfile', { input: { displayName: 'Ann' } }, { accessToken }),
  ];
  for (const { errors } of answers) expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  const called = [
    await post('login', input),
    await post('wallet-connect', { message: EMAIL, signature: SIGNATURE }),
    await post('refresh', { refreshToken }),
    await callRest(gateway, '/api/protected/users/profile', {
      method: 'PUT',
      body: { displayName: 'Ann' },
      headers: { Authorization: `Bearer ${accessToken}` },
    }),
  ];
  for (const answer of called)
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL_SERVER_ERROR' } } });
  expect(lines.filter((line) => line.includes('storage is down')).length).toBeGreaterThanOrEqual(8);
  const secrets = [EMAIL, PASSWORD, accessToken, refreshToken, deviceToken, SIGNATURE];
  expectNone(lines, secrets);
  expectNone(
    [...answers.map(({ errors }) => errors), ...called].map((told) => JSON.stringify(told)),
    secrets,
  );
});

test.each([
  ['a field that is not known', { email: EMAIL, password: PASSWORD, device: DEVICE }],
  ['a field that is missing', { password: PASSWORD }],
  ['a list for a text', { email: EMAIL, password: [PASSWORD] }],
  ['an object for a text', { email: EMAIL, password: { password: PASSWORD } }],
  ['a text for an object', PASSWORD],
])('a login with %s is refused, and the error does not repeat it', async (_name, input) => {
  const gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }));
  const { errors } = await gateway.post({ query: logIn, variables: { input } });
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  expect(errors?.[0]?.message).toMatch(/^Variable "\$input" has invalid value/);
  const called = await callRest(gateway, '/api/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(input),
  });
  expect(called).toMatchObject({ status: 400, body: { error: { code: 'BAD_USER_INPUT' } } });
  expectNone([...lines, JSON.stringify([errors, called.body])], [EMAIL, PASSWORD, DEVICE]);
});

test('a call of /api that is refused before it is read repeats nothing of it', async () => {
  const gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }));
  const input = { email: EMAIL, password: PASSWORD };
  const text = JSON.stringify(input).slice(0, -1);
  const json = { 'Content-Type': 'application/json' };
  const profile = '/api/protected/users/profile';
  const told: unknown[] = [];
  for (const [path, init] of [
    ['/api/auth/login', { body: text, headers: json }],
    ['/api/auth/login', { body: text, headers: { 'Content-Type': 'text/plain' } }],
    [`/api/auth/login?${new URLSearchParams(input)}`, { body: input }],
    ['/api/auth/wallet-challenge', { body: { address: SIGNATURE, chainId: PASSWORD } }],
    ['/api/auth/refresh', { body: { refreshToken: [DEVICE] } }],
    [profile, { method: 'PUT', body: {}, headers: { Authorization: `Bearer ${DEVICE}` } }],
  ] as const) {
    const { status, body } = await callRest(gateway, path, { method: 'POST', ...init });
    expect(status).toBeGreaterThanOrEqual(400);
    told.push(body);
  }
  expectNone([...lines, JSON.stringify(told)], [EMAIL, PASSWORD, DEVICE, SIGNATURE]);
});
