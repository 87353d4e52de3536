import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeviceTokens } from '../../../src/auth/device-tokens.ts';
import type { SigningKey } from '../../../src/settings/signing-keys.ts';

const [ONE, TWO] = ['one', 'two'].map((kid): SigningKey => ({ kid, key: `${kid} `.repeat(16) })) as [
  SigningKey,
  SigningKey,
];
const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const tokensIn = (environment: string, ...keys: SigningKey[]) =>
  new DeviceTokens(keys, { environment, randomBytes });
const tokensOf = (...keys: SigningKey[]) => tokensIn('production', ...keys);
const OWNER = 'ann@example.com';

test('a device is known to its owner alone', () => {
  const tokens = tokensOf(ONE);
  const device = tokens.newDevice();
  const token = tokens.mint(OWNER, device);
  expect(tokens.deviceOf(token, OWNER)).toBe(device);
  expect(tokensOf(ONE).deviceOf(token, OWNER)).toBe(device);
  for (const other of ['bob@example.com', '', `${OWNER} `, `|${OWNER}`])
    expect(tokens.deviceOf(token, other)).toBeNull();
  expect(tokens.newDevice()).not.toBe(device);
});

test('a device that is known in one environment is not known in another that has the same keys', () => {
  const elsewhere = tokensIn('staging', ONE);
  const token = elsewhere.mint(OWNER, elsewhere.newDevice());
  expect(tokensIn('staging', ONE).deviceOf(token, OWNER)).not.toBeNull();
  expect(tokensOf(ONE).deviceOf(token, OWNER)).toBeNull();
});

test('a device keeps its nonce when the keys are rotated', () => {
  const [before, during, after] = [tokensOf(ONE), tokensOf(TWO, ONE), tokensOf(TWO)];
  const device = before.newDevice();
  const old = before.mint(OWNER, device);
  expect(during.deviceOf(old, OWNER)).toBe(device);
  const fresh = during.mint(OWNER, device);
  expect(fresh).toMatch(/^two\./);
  expect([after.deviceOf(fresh, OWNER), after.deviceOf(old, OWNER)]).toEqual([device, null]);
});

test('no made-up token is known', () => {
  const tokens = tokensOf(ONE, TWO);
  const right = tokens.mint(OWNER, tokens.newDevice());
  const [kid = '', device = '', tag = ''] = right.split('.');
  const part = fc.oneof(fc.constantFrom(kid, 'two', device, tag, ''), fc.string());
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(part, { maxLength: 5 }).map((all) => all.join('.')),
  );
  fc.assert(
    fc.property(text, (madeUp) => {
      expect(tokens.deviceOf(madeUp, OWNER)).toBe(madeUp === right ? device : null);
    }),
    { numRuns: 2_000 },
  );
});
