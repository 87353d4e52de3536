import { scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { HashQueue } from '../../../src/auth/hash-queue.ts';
import { createPasswordHasher } from '../../../src/auth/password-hash.ts';

const PASSWORD = 'correct horse bättery 🔋';
/** Made by Python's `hashlib.scrypt`, of `PASSWORD` in UTF-8. */
const OF_PYTHON = '$scrypt$ln=15,r=8,p=3$MDEyMzQ1Njc4OWFiY2RlZg$OjnAyV0AMAPc9cs1GDmTCM6RU72KZmuZ0HhEdCCFtJg';
const OUTDATED = '$scrypt$ln=14,r=8,p=5$MDEyMzQ1Njc4OWFiY2RlZg$ERw1xAG1YP7CdtavJRXpCaDH4lh8v8qNpT9c4iGnEiw';

type ScryptCall = [parameters: object | undefined, saltBytes: number, keyBytes: number];

/** One that costs no time, for tests of all but scrypt itself. */
const cheapScrypt: typeof scryptSync = (password, salt, keyBytes) =>
  scryptSync(password, salt, keyBytes, { N: 2, r: 1, p: 1 });

/** A hasher whose queue is empty, and the calls of scrypt that it made. */
function startHasher(scrypt = cheapScrypt) {
  const calls: ScryptCall[] = [];
  let nowMs = 0;
  const hasher = createPasswordHasher({
    queue: new HashQueue({
      timerNowMs: () => (nowMs += 1_000),
      sleep: () => Promise.reject(new Error('waits')),
    }),
    random: (bytes) => crypto.getRandomValues(bytes),
    scrypt: (password, salt, keyBytes, options) => {
      calls.push([options, salt instanceof Uint8Array ? salt.length : Number.NaN, keyBytes]);
      return scrypt(password, salt, keyBytes, options);
    },
  });
  return { hasher, calls };
}

const CURRENT_CALL = [{ N: 32_768, r: 8, p: 3, maxmem: 67_108_864 }, 16, 32];

describe('a password hash', () => {
  test('has its parameters and a salt of its own, and matches its password alone', async () => {
    const { hasher, calls } = startHasher();
    const [first, second] = [await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)];
    for (const phc of [first, second]) {
      expect(phc).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
      expect(await hasher.verify(PASSWORD, phc)).toEqual({ matches: true, isOutdated: false });
      expect(await hasher.verify(`${PASSWORD} `, phc)).toEqual({ matches: false, isOutdated: false });
    }
    expect(first).not.toBe(second);
    expect(calls).toEqual(Array.from({ length: 6 }, () => CURRENT_CALL));
  });

  test('is the one that another implementation of scrypt makes', async () => {
    const { hasher } = startHasher(scryptSync);
    expect(await hasher.verify(PASSWORD, OF_PYTHON)).toEqual({ matches: true, isOutdated: false });
  });

  test('is the same from every keyboard', async () => {
    const { hasher } = startHasher(scryptSync);
    expect(await hasher.verify(PASSWORD.normalize('NFD'), OF_PYTHON)).toMatchObject({ matches: true });
    expect(await hasher.verify(PASSWORD.replace('c', 'ｃ'), OF_PYTHON)).toMatchObject({ matches: true });
    expect(await hasher.verify(PASSWORD.toUpperCase(), OF_PYTHON)).toMatchObject({ matches: false });
  });

  test('with older parameters matches, and is outdated for its password alone', async () => {
    const { hasher, calls } = startHasher(scryptSync);
    expect(await hasher.verify(PASSWORD, OUTDATED)).toEqual({ matches: true, isOutdated: true });
    expect(await hasher.verify('another password', OUTDATED)).toEqual({ matches: false, isOutdated: false });
    expect(calls[0]?.[0]).toMatchObject({ N: 16_384, r: 8, p: 5 });
  });

  test('is compared to its last bit', async () => {
    const { hasher } = startHasher();
    const phc = await hasher.hash(PASSWORD);
    const last = phc.at(-1) ?? '';
    // The last character of 43 has four bits: two more are not read.
    const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const other = `${phc.slice(0, -1)}${BASE64[BASE64.indexOf(last) ^ 0b100]}`;
    expect(await hasher.verify(PASSWORD, phc)).toMatchObject({ matches: true });
    expect(await hasher.verify(PASSWORD, other)).toMatchObject({ matches: false });
  });
});

describe('the same work is done', () => {
  test('if there is no account', async () => {
    const { hasher, calls } = startHasher();
    expect(await hasher.verify(PASSWORD, null)).toEqual({ matches: false, isOutdated: false });
    expect(await hasher.verify('', null)).toEqual({ matches: false, isOutdated: false });
    expect(calls).toEqual([CURRENT_CALL, CURRENT_CALL]);
  });

  test('and no hash is the one of an account that does not exist', async () => {
    const { hasher } = startHasher(() => Buffer.alloc(32));
    expect(await hasher.verify(PASSWORD, null)).toEqual({ matches: false, isOutdated: false });
  });

  test.each([
    ['of ten million characters', 'a'.repeat(10_000_000)],
    ['of half a surrogate pair', `${PASSWORD}\ud800`],
    ['that is empty', ''],
    ['with a NUL after it', `${PASSWORD}\u0000`],
    ['with a NUL and more after it', `${PASSWORD}\u0000more`],
  ])('for a password %s', async (_, password) => {
    const { hasher, calls } = startHasher();
    const phc = await hasher.hash(PASSWORD);
    expect(await hasher.verify(password, phc)).toEqual({ matches: false, isOutdated: false });
    expect(calls).toEqual([CURRENT_CALL, CURRENT_CALL]);
  });

  test('for a password that is hashed like half a surrogate pair', async () => {
    const { hasher } = startHasher();
    const phc = await hasher.hash(`${PASSWORD}\ufffd`);
    expect(await hasher.verify(`${PASSWORD}\ud800`, phc)).toMatchObject({ matches: false });
    expect(await hasher.verify(`${PASSWORD}\ufffd`, phc)).toMatchObject({ matches: true });
  });
});

describe('nothing is hashed', () => {
  test('where the queue refuses', async () => {
    let scrypts = 0;
    const hasher = createPasswordHasher({
      queue: new HashQueue({ timerNowMs: () => 1_000, sleep: () => new Promise(() => undefined) }),
      random: (bytes) => bytes,
      scrypt: () => {
        scrypts += 1;
        return Buffer.alloc(32);
      },
    });
    await hasher.verify(PASSWORD, null);
    for (let waiting = 0; waiting < 6; waiting += 1) void hasher.verify(PASSWORD, OF_PYTHON);
    const refusal = { extensions: { code: 'RATE_LIMITED' } };
    await expect(hasher.verify(PASSWORD, OF_PYTHON)).rejects.toMatchObject(refusal);
    await expect(hasher.verify(PASSWORD, null)).rejects.toMatchObject(refusal);
    await expect(hasher.hash(PASSWORD)).rejects.toMatchObject(refusal);
    expect(scrypts).toBe(1);
  });

  test.each(['', 'plain', OF_PYTHON.slice(0, -1), OF_PYTHON.replace('scrypt', 'bcrypt'), ` ${OF_PYTHON}`])(
    'for a stored text that is no hash: %j',
    async (stored) => {
      const { hasher, calls } = startHasher();
      await expect(hasher.verify(PASSWORD, stored)).rejects.toThrow('not a PHC string');
      expect(calls).toEqual([]);
    },
  );
});
