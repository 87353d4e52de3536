/** The runtime's own scrypt: it has limits of memory, and not every runtime has these parameters. */
import { afterEach, expect, test, vi } from 'vitest';
import { normalisedEmail } from '../../../src/auth/email-address.ts';
import { HashQueue } from '../../../src/auth/hash-queue.ts';
import { createPasswordHasher } from '../../../src/auth/password-hash.ts';
import { passwordRejection } from '../../../src/auth/password-policy.ts';

const PASSWORD = 'correct horse bättery 🔋';
/** Made by Python's `hashlib.scrypt`, of `PASSWORD` in UTF-8. */
const OF_PYTHON = '$scrypt$ln=15,r=8,p=3$MDEyMzQ1Njc4OWFiY2RlZg$OjnAyV0AMAPc9cs1GDmTCM6RU72KZmuZ0HhEdCCFtJg';

function startHasher() {
  let nowMs = 0;
  return createPasswordHasher({
    queue: new HashQueue({
      timerNowMs: () => (nowMs += 1_000),
      sleep: () => Promise.reject(new Error('waits')),
    }),
    random: (bytes) => crypto.getRandomValues(bytes),
  });
}

test('workerd hashes a password with N = 2^15, r = 8, p = 3, as other implementations do', async () => {
  const hasher = startHasher();
  expect(await hasher.verify(PASSWORD, OF_PYTHON)).toEqual({ matches: true, isOutdated: false });
  expect(await hasher.verify(PASSWORD.normalize('NFD'), OF_PYTHON)).toMatchObject({ matches: true });
  expect(await hasher.verify(`${PASSWORD}.`, OF_PYTHON)).toMatchObject({ matches: false });
  expect(await hasher.verify(PASSWORD, null)).toMatchObject({ matches: false });
  const phc = await hasher.hash(PASSWORD);
  expect(await hasher.verify(PASSWORD, phc)).toEqual({ matches: true, isOutdated: false });
});

afterEach(() => {
  vi.useRealTimers();
});

test('hashes that come at once all end, also if the clock of dates stands still', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const hasher = createPasswordHasher({
    queue: new HashQueue({
      timerNowMs: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    }),
    random: (bytes) => crypto.getRandomValues(bytes),
  });
  const verified = await Promise.all([1, 2, 3].map(() => hasher.verify(PASSWORD, OF_PYTHON)));
  expect(verified).toEqual(verified.map(() => ({ matches: true, isOutdated: false })));
});

test('workerd knows common passwords and international addresses as Node does', () => {
  const owner = { email: null, displayName: null, field: ['input', 'password'] };
  expect(passwordRejection('1qaz2wsx3edc4rfv', owner)).toMatchObject({ code: 'PASSWORD_COMMON' });
  expect(passwordRejection(PASSWORD, owner)).toBeNull();
  expect(normalisedEmail('用户@例え。テスト')).toBe('用户@xn--r8jz45g.xn--zckzah');
  expect(normalisedEmail('a@faß.de')).toBe('a@xn--fa-hia.de');
  expect(normalisedEmail('alice@0x7f.1')).toBeNull();
});
