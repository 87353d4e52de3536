/** Wrong passwords over HTTP: whom they lock out, whom not, and that they tell nobody who has an account. */

import { env } from 'cloudflare:workers';
import { scryptSync } from 'node:crypto';
import { beforeEach, expect, test, vi } from 'vitest';
import type { ActingViewer, Action } from '../../../src/auth/actions/action.ts';
import { logIn } from '../../../src/auth/actions/log-in.ts';
import { Attempts } from '../../../src/auth/attempts.ts';
import { Guesses } from '../../../src/auth/guesses.ts';
import { HashQueue } from '../../../src/auth/hash-queue.ts';
import { createPasswordHasher } from '../../../src/auth/password-hash.ts';
import { RateLimits } from '../../../src/auth/rate-limits.ts';
import { ask, PASSWORD, register } from '../../support/accounts.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { callRest } from '../../support/rest.ts';

const WRONG = 'a guess of somebody else';
/** Within the limit of one address a minute. */
const BETWEEN_GUESSES_MS = 7_000;

let gateway: TestGateway;
beforeEach(async () => {
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }));
});

const logInFrom = (
  network: number,
  input: { email: string; password: string; deviceToken?: string | undefined },
) =>
  ask<{ login: { code?: string; accessToken?: string } }>(
    gateway,
    'LogIn',
    { input },
    { headers: { 'cf-connecting-ip': `203.0.113.${network}` } },
  );

const callLogIn = (network: number, body: { email: string; password: string; deviceToken?: string }) =>
  callRest<{ error: { code: string; requestId: string; traceId: string } }>(gateway, '/api/auth/login', {
    method: 'POST',
    body,
    headers: { 'cf-connecting-ip': `203.0.113.${network}` },
  });

test.each(['of an account', 'without an account'])(
  'a hundred wrong passwords from a hundred networks lock strangers out of an address %s, and no known device',
  async (kind) => {
    const email = `${kind.replaceAll(' ', '-')}@example.com`;
    const owner = kind === 'of an account' ? await register(gateway, email) : null;
    const codes: (string | undefined)[] = [];
    for (let network = 1; network <= 100; network += 1) {
      codes.push((await logInFrom(network, { email, password: WRONG })).data.login.code);
      vi.setSystemTime(Date.now() + BETWEEN_GUESSES_MS);
    }
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), ...Array(90).fill('ACCOUNT_LOCKED')]);
    const right = { email, password: PASSWORD };
    expect((await logInFrom(101, right)).data.login.code).toBe('ACCOUNT_LOCKED');
    const locked = await callLogIn(101, right);
    expect([locked.status, locked.body.error.code]).toEqual([429, 'ACCOUNT_LOCKED']);
    expect(locked.headers.get('retry-after')).toBe('900');
    if (owner === null) return;
    const { deviceToken } = owner;
    expect((await callLogIn(101, { ...right, deviceToken })).status).toBe(200);
    expect((await logInFrom(101, { ...right, deviceToken })).data.login.accessToken).toBeDefined();
    await gateway.advance(900);
    expect((await logInFrom(101, right)).data.login.accessToken).toBeDefined();
  },
);

test('a login makes the same calls of scrypt and gives the same bytes, with and without an account', async () => {
  await register(gateway, 'known@example.com');
  const randomId = () => crypto.randomUUID();
  const attempts = new Attempts({ objects: env.ATTEMPTS, randomId });
  const calls: unknown[] = [];
  const action = {
    sources: {
      db: env.DB,
      guesses: new Guesses(attempts),
      passwords: createPasswordHasher({
        queue: new HashQueue({ timerNowMs: () => performance.now(), sleep: async () => undefined }),
        random: (bytes) => bytes,
        scrypt: (password, salt, length, options) => {
          calls.push([password, Buffer.byteLength(salt as Uint8Array), length, options]);
          return scryptSync(password, salt, length, options);
        },
      }),
    },
    request: { limits: new RateLimits(attempts, 'test') },
  } as unknown as Action<ActingViewer>;
  const answers = [];
  for (const email of ['known@example.com', 'unknown@example.com'])
    answers.push(JSON.stringify(await logIn(action, { email, password: WRONG })));
  expect(answers[1]).toBe(answers[0]);
  expect(calls).toHaveLength(2);
  expect(calls[1]).toEqual(calls[0]);
  const overHttp = await Promise.all(
    ['known@example.com', 'unknown@example.com'].map(async (email) => {
      const { status, data, headers } = await logInFrom(1, { email, password: WRONG });
      const called = await callLogIn(1, { email, password: WRONG });
      const { requestId: _, traceId: __, ...error } = called.body.error;
      return [status, data, called.status, error]
        .map((part) => JSON.stringify(part))
        .concat([...headers.keys()], [...called.headers.keys()]);
    }),
  );
  expect(overHttp[1]).toEqual(overHttp[0]);
});
