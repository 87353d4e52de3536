/**
 * Refresh tokens: `<kid>.<session id>.<secret>.<tag>`.
 *
 * The tag shows that the gateway made the token, before any storage is asked: a made-up token costs no read and ends
 * nobody's session. The successor's secret is derived from the secret, so the same token always gets the same successor.
 * A session stores hashes of tokens alone (`sessions.ts`).
 */
import { Buffer } from 'node:buffer';
import type { SigningKey } from '../settings/signing-keys.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';
import { HMAC_CHARACTERS, hmac, isHmacOf } from './hmac.ts';
import { keysFor, type PurposeKey, type PurposeKeys } from './keyring.ts';

export interface RefreshToken {
  text: string;
  /** The name of the key that made it. */
  kid: string;
  sessionId: string;
  secret: string;
}

const SECRET_BYTES = 32;
const FORM = new RegExp(
  `^([\\w-]{1,32})\\.([\\w-]{1,64})\\.([\\w-]{${HMAC_CHARACTERS}})\\.([\\w-]{${HMAC_CHARACTERS}})$`,
);

export class RefreshTokens {
  readonly #secretKeys: PurposeKeys;
  readonly #tagKeys: PurposeKeys;
  readonly #randomBytes: (length: number) => Uint8Array;

  constructor(keys: readonly SigningKey[], randomBytes: (length: number) => Uint8Array) {
    this.#secretKeys = keysFor('refresh', keys);
    this.#tagKeys = keysFor('refresh-tag', keys);
    this.#randomBytes = randomBytes;
  }

  /** The first token of a session. */
  issue(sessionId: string): RefreshToken {
    const secret = Buffer.from(this.#randomBytes(SECRET_BYTES)).toString('base64url');
    return tagged(this.#tagKeys.first, sessionId, secret);
  }

  /** Null if the gateway did not make it, or with a key that it has no more. */
  parse(text: string): RefreshToken | null {
    const [, kid = '', sessionId = '', secret = '', tag = ''] = FORM.exec(text) ?? [];
    const key = this.#tagKeys.byId(kid);
    if (key === undefined || !isHmacOf(key.bytes, taggedText(sessionId, secret), tag)) return null;
    return { text, kid, sessionId, secret };
  }

  /**
   * The token that takes the place of another one.
   *
   * @param kid the key that derives it: the first one if left out. Null if the gateway has it no more.
   */
  successor(token: RefreshToken, kid = this.#secretKeys.first.kid): RefreshToken | null {
    const [secretKey, tagKey] = [this.#secretKeys.byId(kid), this.#tagKeys.byId(kid)];
    if (secretKey === undefined || tagKey === undefined) return null;
    const { sessionId, secret } = token;
    return tagged(tagKey, sessionId, hmac(secretKey.bytes, taggedText(sessionId, secret)));
  }
}

/** As a session stores it. */
export const refreshHash = ({ text }: RefreshToken): Promise<string> => sha256Hex(text);

const taggedText = (sessionId: string, secret: string) => `${sessionId}|${secret}`;

function tagged({ kid, bytes }: PurposeKey, sessionId: string, secret: string): RefreshToken {
  const tag = hmac(bytes, taggedText(sessionId, secret));
  return { text: `${kid}.${sessionId}.${secret}.${tag}`, kid, sessionId, secret };
}
