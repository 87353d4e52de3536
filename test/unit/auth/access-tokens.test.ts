/** Access tokens: the forgeries and faults that are refused, and the rotation of keys. */
import { createHmac, generateKeyPairSync, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { base64url, exportJWK, type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type AccessClaims, AccessTokens } from '../../../src/auth/access-tokens.ts';
import { RefreshTokens } from '../../../src/auth/refresh-tokens.ts';
import type { SigningKey } from '../../../src/settings/signing-keys.ts';
import { BoundedMemory } from '../../../src/storage/bounded-memory.ts';

const NOW = 1_760_000_000;
const ONE: SigningKey = { kid: 'one', key: 'the first key, of 32 bytes or more' };
const TWO: SigningKey = { kid: 'two', key: 'the second key, of 32 bytes or more' };
let now = NOW;

function tokensOf(keys: SigningKey[], environment = 'production') {
  return new AccessTokens({
    keys,
    environment,
    memory: new BoundedMemory<AccessClaims>(100_000),
    nowSeconds: () => now,
  });
}

/** As the gateway derives it: these tests sign what it would never sign. */
const keyOf = ({ key }: SigningKey, purpose = 'access') =>
  new Uint8Array(hkdfSync('sha256', key, '', `com2000 ${purpose}`, 32));

const CLAIMS = {
  iss: 'com2000-edge-gateway/production',
  aud: 'com2000-graphql',
  sub: 'usr_a',
  sid: 'a-session',
  iat: NOW,
  nbf: NOW,
  exp: NOW + 900,
};
const HEADER: JWTHeaderParameters = { alg: 'HS256', typ: 'at+jwt', kid: 'one' };

const signed = (
  claims: JWTPayload = CLAIMS,
  header: object = HEADER,
  key: Parameters<SignJWT['sign']>[0] = keyOf(ONE),
) => new SignJWT(claims).setProtectedHeader({ ...HEADER, ...header }).sign(key);
const without = (name: keyof typeof CLAIMS) =>
  signed(Object.fromEntries(Object.entries(CLAIMS).filter(([claim]) => claim !== name)));
const encoded = (value: object) => base64url.encode(JSON.stringify(value));
const parts = async () => (await signed()).split('.') as [string, string, string];

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attackersKey = new TextEncoder().encode('a key that only the attacker knows');

const REFUSED: Record<string, () => Promise<string> | string> = {
  'alg: none': () => new UnsecuredJWT(CLAIMS).encode(),
  'alg: none, with typ and kid': async () => `${encoded({ ...HEADER, alg: 'none' })}.${(await parts())[1]}.`,
  'alg: none, with the signature of another': async () => {
    const [, claims, signature] = await parts();
    return `${encoded({ ...HEADER, alg: 'none' })}.${claims}.${signature}`;
  },
  'no signature': async () => (await parts()).slice(0, 2).join('.'),
  'an empty signature': async () => `${(await parts()).slice(0, 2).join('.')}.`,
  'a changed claim': async () => {
    const [header, , signature] = await parts();
    return `${header}.${encoded({ ...CLAIMS, sub: 'usr_b' })}.${signature}`;
  },
  'a changed signature': async () => (await signed()).replace(/.{2}$/, (end) => (end === 'AA' ? 'BB' : 'AA')),
  'a wrong key': () => signed(CLAIMS, {}, attackersKey),
  'the key of another name': () => signed(CLAIMS, { kid: 'two' }),
  'the secret itself as the key': () => signed(CLAIMS, {}, new TextEncoder().encode(ONE.key)),
  'the key of refresh tokens': () => signed(CLAIMS, {}, keyOf(ONE, 'refresh-tag')),
  RS256: () => signed(CLAIMS, { alg: 'RS256' }, rsa.privateKey),
  'HS256 with a public key as the secret': () =>
    signed(
      CLAIMS,
      {},
      new TextEncoder().encode(String(rsa.publicKey.export({ format: 'pem', type: 'spki' }))),
    ),
  'HS512 with the right key': async () => {
    const text = `${encoded({ ...HEADER, alg: 'HS512' })}.${(await parts())[1]}`;
    return `${text}.${createHmac('sha512', keyOf(ONE)).update(text).digest('base64url')}`;
  },
  'an embedded jwk': async () =>
    signed(CLAIMS, { kid: undefined, jwk: { kty: 'oct', k: base64url.encode(attackersKey) } }, attackersKey),
  'an embedded jwk beside a known kid': async () =>
    signed(CLAIMS, { jwk: { kty: 'oct', k: base64url.encode(attackersKey) } }, attackersKey),
  'an embedded public jwk': async () =>
    signed(CLAIMS, { alg: 'RS256', jwk: await exportJWK(rsa.publicKey) }, rsa.privateKey),
  'a jku': () => signed(CLAIMS, { jku: 'https://attacker.example/jwks.json' }, attackersKey),
  'an x5u': () => signed(CLAIMS, { x5u: 'https://attacker.example/cert.pem' }, attackersKey),
  'an unknown kid': () => signed(CLAIMS, { kid: 'three' }),
  'a kid that every object has': () => signed(CLAIMS, { kid: '__proto__' }),
  'no kid': () => signed(CLAIMS, { kid: undefined }),
  'no typ': () => signed(CLAIMS, { typ: undefined }),
  'another typ': () => signed(CLAIMS, { typ: 'JWT' }),
  'an unknown critical header': async () => {
    const header = encoded({ ...HEADER, crit: ['exp'], exp: NOW + 900 });
    return `${header}.${(await parts())[1]}.${(await parts())[2]}`;
  },
  'another audience': () => signed({ ...CLAIMS, aud: 'another-api' }),
  'another issuer': () => signed({ ...CLAIMS, iss: 'https://attacker.example' }),
  'another environment': () => signed({ ...CLAIMS, iss: 'com2000-edge-gateway/staging' }),
  'expired by more than the skew': () => signed({ ...CLAIMS, exp: NOW - 30 }),
  'not yet valid by more than the skew': () => signed({ ...CLAIMS, nbf: NOW + 31 }),
  'no exp': () => without('exp'),
  'no nbf': () => without('nbf'),
  'no iat': () => without('iat'),
  'no sub': () => without('sub'),
  'no sid': () => without('sid'),
  'no aud': () => without('aud'),
  'no iss': () => without('iss'),
  'an exp in text': () => signed({ ...CLAIMS, exp: `${NOW + 900}` as never }),
  'a sub that is not text': () => signed({ ...CLAIMS, sub: 7 as never }),
  'an empty sid': () => signed({ ...CLAIMS, sid: '' }),
  'claims that are no object': async () =>
    `${(await parts())[0]}.${base64url.encode('"usr_a"')}.${(await parts())[2]}`,
  'a refresh token': () =>
    new RefreshTokens([ONE], (length) => new Uint8Array(length)).issue('a-session').text,
  'a token of five parts': async () => `${await signed()}.a.b`,
  nothing: () => '',
};

test.each(Object.entries(REFUSED))('%s is refused', async (_, make) => {
  now = NOW;
  const tokens = tokensOf([ONE, TWO]);
  const authorization = `Bearer ${await make()}`;
  expect(await tokens.verify(authorization)).toBeNull();
  expect(tokens.known(authorization)).toBeUndefined();
});

test('the token that those were made from is valid', async () => {
  now = NOW;
  const claims = { userId: 'usr_a', sessionId: 'a-session', notBefore: NOW, expiresAt: NOW + 900 };
  const tokens = tokensOf([ONE, TWO]);
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    expect(await tokens.verify(`${scheme} ${await signed()}`)).toEqual(claims);
    expect(tokens.known(`${scheme} ${await signed()}`)).toEqual(claims);
  }
  expect(await tokens.verify(`Bearer ${await signed(CLAIMS, { kid: 'two' }, keyOf(TWO))}`)).toEqual(claims);
});

test('an authorization of another scheme, or one that is too long, is refused', async () => {
  now = NOW;
  const token = await signed();
  for (const text of [
    '',
    'Bearer',
    `Basic ${token}`,
    token,
    `Bearer ${token} x`,
    `Bearer ${'x'.repeat(3_000)}`,
  ])
    expect([text, await tokensOf([ONE]).verify(text)]).toEqual([text, null]);
});

test('what is signed says who, when and by which key, and no more', async () => {
  now = NOW;
  const { token, expiresAt } = await tokensOf([ONE, TWO]).sign('usr_a', 'a-session');
  const [header = '', claims = ''] = token
    .split('.')
    .map((part) => new TextDecoder().decode(base64url.decode(part)));
  expect(JSON.parse(header)).toEqual(HEADER);
  expect(JSON.parse(claims)).toEqual(CLAIMS);
  expect(expiresAt).toBe(NOW + 900);
  expect(await tokensOf([ONE]).verify(`Bearer ${token}`)).toMatchObject({ userId: 'usr_a' });
  expect(await tokensOf([ONE], 'staging').verify(`Bearer ${token}`)).toBeNull();
});

describe('a token that this isolate knows', () => {
  const at = async (tokens: AccessTokens, text: string, seconds: number) => {
    now = seconds;
    const verified = await tokens.verify(text);
    expect(tokens.known(text) ?? null).toEqual(verified);
    return verified !== null;
  };

  test('is valid from its first second to its last, with 30 s for clocks that differ', async () => {
    now = NOW;
    const known = tokensOf([ONE]);
    const text = `Bearer ${(await known.sign('usr_a', 'a-session')).token}`;
    expect(await at(known, text, NOW)).toBe(true);
    for (const seconds of [NOW - 31, NOW - 30, NOW + 899, NOW + 929, NOW + 930, NOW + 10_000]) {
      const isValid = seconds >= NOW - 30 && seconds < NOW + 930;
      expect([seconds, await at(known, text, seconds)]).toEqual([seconds, isValid]);
      expect([seconds, await at(tokensOf([ONE]), text, seconds)]).toEqual([seconds, isValid]);
    }
  });
});

describe('rotation of keys', () => {
  test('accepts the tokens of both keys, and signs with the first', async () => {
    now = NOW;
    const [before, during, after] = [tokensOf([ONE]), tokensOf([TWO, ONE]), tokensOf([TWO])];
    const old = `Bearer ${(await before.sign('usr_a', 's')).token}`;
    const fresh = `Bearer ${(await during.sign('usr_a', 's')).token}`;
    expect(await during.verify(old)).not.toBeNull();
    expect(await during.verify(fresh)).not.toBeNull();
    expect(await after.verify(fresh)).not.toBeNull();
    expect(await after.verify(old)).toBeNull();
    expect(await before.verify(fresh)).toBeNull();
  });
});

test('no text is a fault', async () => {
  now = NOW;
  const tokens = tokensOf([ONE]);
  const [header, claims, signature] = await parts();
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(header, claims, signature, '', 'e30', encoded({ alg: 'HS256' })),
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(part, { maxLength: 6 }).map((all) => `Bearer ${all.join('.')}`),
  );
  await fc.assert(
    fc.asyncProperty(text, async (authorization) => {
      const isRight = authorization === `Bearer ${header}.${claims}.${signature}`;
      expect((await tokens.verify(authorization)) !== null).toBe(isRight);
    }),
    { numRuns: 500 },
  );
});
