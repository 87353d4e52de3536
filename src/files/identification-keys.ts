/**
 * One key a user, for documents for identification. It is random, and stored encrypted under `KYC_KEY`: the first key of that
 * secret encrypts, all of them decrypt. It is bound to its user, so no row can take another's place.
 */
import { Buffer } from 'node:buffer';
import type { PurposeKey, PurposeKeys } from '../auth/keyring.ts';
import { type KycKeyRow, kycKeyOf, storeKycKey } from '../storage/d1/kyc-keys.ts';
import { SEALING_KEY_BYTES } from './sealed-chunks.ts';

export interface IdentificationKey {
  bytes: Uint8Array;
  /** Names it in D1: a later key of the same user is another one. */
  wrapped: string;
}

/** Both reject if the key that encrypted the user's is in `KYC_KEY` no more. */
export interface IdentificationKeys {
  /** Null if the user has none: nothing that it sealed can be read any more. */
  find(userId: string): Promise<IdentificationKey | null>;
  /** Makes one if there is none. Two callers at once get the same key. Null if there is no such user. */
  findOrMake(userId: string, nowSeconds: number): Promise<IdentificationKey | null>;
}

const NONCE_BYTES = 12;

/** @param wrappingKeys derived from `KYC_KEY` */
export function createIdentificationKeys(db: D1Database, wrappingKeys: PurposeKeys): IdentificationKeys {
  async function unwrapped(userId: string, row: KycKeyRow | null): Promise<IdentificationKey | null> {
    if (row === null) return null;
    const wrappingKey = wrappingKeys.byId(row.wrapping_key_id);
    if (wrappingKey === undefined) throw new Error(`KYC_KEY has no key ${row.wrapping_key_id} any more`);
    const sent = Uint8Array.from(Buffer.from(row.wrapped_key, 'base64'));
    const parameters = parametersOf(userId, sent.subarray(0, NONCE_BYTES));
    const imported = await importWrappingKey(wrappingKey);
    const bytes = await crypto.subtle.decrypt(parameters, imported, sent.subarray(NONCE_BYTES));
    return { bytes: new Uint8Array(bytes), wrapped: row.wrapped_key };
  }

  async function newRow(userId: string): Promise<KycKeyRow> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const bytes = crypto.getRandomValues(new Uint8Array(SEALING_KEY_BYTES));
    const imported = await importWrappingKey(wrappingKeys.first);
    const sealed = await crypto.subtle.encrypt(parametersOf(userId, nonce), imported, bytes);
    const wrapped_key = Buffer.concat([nonce, new Uint8Array(sealed)]).toString('base64');
    return { wrapped_key, wrapping_key_id: wrappingKeys.first.kid };
  }

  return {
    find: async (userId) => unwrapped(userId, await kycKeyOf(db, userId)),
    async findOrMake(userId, nowSeconds) {
      const stored = await kycKeyOf(db, userId);
      return unwrapped(userId, stored ?? (await storeKycKey(db, userId, await newRow(userId), nowSeconds)));
    },
  };
}

const importWrappingKey = ({ bytes }: PurposeKey) =>
  crypto.subtle.importKey('raw', Uint8Array.from(bytes), 'AES-GCM', false, ['encrypt', 'decrypt']);

const parametersOf = (userId: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(userId),
});
