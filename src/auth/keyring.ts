/**
 * The keys of each kind of token and of each other use, derived from those of a secret such as `JWT_SECRET`: a token of one kind
 * never passes for another's, and no two algorithms share a key (RFC 5869).
 */
import { hkdfSync } from 'node:crypto';
import type { SigningKey } from '../settings/signing-keys.ts';

/** Tokens in use were made with keys of these names: a changed name signs everybody out. */
export type KeyPurpose =
  | 'access'
  | 'refresh'
  | 'refresh-tag'
  | 'device'
  | 'file-url'
  | 'object-key'
  | 'identification'
  | 'backup'
  | 'report-url';

export interface PurposeKey {
  kid: string;
  bytes: Uint8Array;
}

export interface PurposeKeys {
  /** Makes new tokens. */
  first: PurposeKey;
  /** Undefined if the secret has no key of that name. */
  byId(kid: string): PurposeKey | undefined;
}

const KEY_BYTES = 32;

/** @param signingKeys the first one makes new tokens. */
export function keysFor(purpose: KeyPurpose, signingKeys: readonly SigningKey[]): PurposeKeys {
  const keys = signingKeys.map(({ kid, key }) => ({
    kid,
    bytes: new Uint8Array(hkdfSync('sha256', key, '', `com2000 ${purpose}`, KEY_BYTES)),
  }));
  const [first] = keys;
  if (first === undefined) throw new RangeError('there is no signing key');
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  return { first, byId: (kid) => byKid.get(kid) };
}
