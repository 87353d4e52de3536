/** Logins of which an isolate hashes two a second, and stored passwords of earlier parameters. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import gatewayWorker from '../../../src/index.ts';
import { type AuthAnswer, ask, askForTokens, PASSWORD, register } from '../../support/accounts.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }), {}, gatewayWorker);
});

let networks = 0;
/** Only the hashes are few: each group of logins comes from a network of its own. */
const fromElsewhere = () => {
  networks += 1;
  return { headers: { 'cf-connecting-ip': `10.0.0.${networks}` } };
};
const codesOf = ({ errors }: { errors: { extensions: Record<string, unknown> }[] | undefined }) =>
  errors?.map(({ extensions }) => extensions.code);

/** The clock of the queue stands still: a slow machine sends too few logins in time to fill it. */
async function whileTimeStands(work: () => Promise<void>): Promise<void> {
  const held = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  try {
    await work();
  } finally {
    held.mockRestore();
  }
}

test('logins that would wait too long for a hash are refused, and lock nobody out', async () => {
  const { deviceToken } = await register(gateway, 'ann@example.com');
  const logIn = (input: object, from: ReturnType<typeof fromElsewhere>) =>
    ask<{ login: AuthAnswer }>(gateway, 'LogIn', { input: { password: PASSWORD, ...input } }, from);
  const logInAnn = (from = fromElsewhere()) => logIn({ email: 'ann@example.com', deviceToken }, from);
  const messageOf = ({ errors }: Awaited<ReturnType<typeof logIn>>) => errors?.[0]?.message;
  const TOO_MANY = 'Too many passwords are being checked: try again later.';
  const strangers: ReturnType<typeof logIn>[] = [];
  await whileTimeStands(async () => {
    const isFull = Promise.withResolvers<void>();
    for (let network = 0; network < 4; network += 1) {
      const from = fromElsewhere();
      for (let at = 0; at < 5; at += 1) {
        const login = logIn({ email: `nobody-${network}-${at}@example.com` }, from);
        strangers.push(login);
        void login.then((answer) => {
          if (messageOf(answer) === TOO_MANY) isFull.resolve();
        });
      }
    }
    await isFull.promise;
    // More than would lock the address if they were wrong.
    for (const from of [fromElsewhere(), fromElsewhere()]) {
      const answers = await Promise.all(Array.from({ length: 7 }, () => logInAnn(from)));
      for (const answer of answers) {
        expect([answer.status, codesOf(answer), messageOf(answer)]).toEqual([
          429,
          ['RATE_LIMITED'],
          TOO_MANY,
        ]);
      }
    }
  });
  await Promise.all(strangers);
  gateway.coldIsolate();
  expect((await logInAnn()).data).toMatchObject({ login: { viewer: { email: 'ann@example.com' } } });
});

test('a password of earlier parameters signs in, and is stored with those of today', async () => {
  await register(gateway, 'bea@example.com');
  const OUTDATED = '$scrypt$ln=14,r=8,p=5$MDEyMzQ1Njc4OWFiY2RlZg$ERw1xAG1YP7CdtavJRXpCaDH4lh8v8qNpT9c4iGnEiw';
  const ofBea = "user_id = (SELECT id FROM user_account WHERE email = 'bea@example.com')";
  const stored = () => env.DB.prepare(`SELECT hash FROM user_password WHERE ${ofBea}`).first<string>('hash');
  const logIn = (password: string) =>
    askForTokens(gateway, 'LogIn', { input: { email: 'bea@example.com', password } });
  await env.DB.prepare(`UPDATE user_password SET hash = ?1 WHERE ${ofBea}`).bind(OUTDATED).run();
  expect(await logIn(PASSWORD)).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(await stored()).toBe(OUTDATED);

  const password = 'correct horse bättery 🔋';
  expect(await logIn(password)).toMatchObject({ viewer: { email: 'bea@example.com' } });
  const renewed = await stored();
  expect(renewed).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
  expect(await logIn(password)).toMatchObject({ viewer: { email: 'bea@example.com' } });
  expect(await stored()).toBe(renewed);
});
