/**
 * Device tokens: `<kid>.<nonce>.<tag>`. One shows that a device has signed in to an account before, so its wrong guesses
 * are counted apart from strangers' (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It gives no right,
 * never expires, and is stored nowhere.
 */
import { Buffer } from 'node:buffer';
import type { SigningKey } from '../settings/signing-keys.ts';
import { HMAC_CHARACTERS, hmac, isHmacOf } from './hmac.ts';
import { keysFor, type PurposeKeys } from './keyring.ts';

const NONCE_BYTES = 16;
const NONCE_CHARACTERS = 22;
const FORM = new RegExp(`^([\\w-]{1,32})\\.([\\w-]{${NONCE_CHARACTERS}})\\.([\\w-]{${HMAC_CHARACTERS}})$`);

/** An owner is the normalised address of an account, or the id of a user without one. */
export class DeviceTokens {
  readonly #keys: PurposeKeys;
  readonly #environment: string;
  readonly #randomBytes: (length: number) => Uint8Array;

  /** @param sources.environment a token of one environment is not valid in another */
  constructor(
    keys: readonly SigningKey[],
    { environment, randomBytes }: { environment: string; randomBytes: (length: number) => Uint8Array },
  ) {
    this.#keys = keysFor('device', keys);
    this.#environment = environment;
    this.#randomBytes = randomBytes;
  }

  /** The nonce of a device that is not known. */
  newDevice(): string {
    return Buffer.from(this.#randomBytes(NONCE_BYTES)).toString('base64url');
  }

  /** @param device the nonce. A device that is known keeps its nonce, and gets a token of the first key. */
  mint(owner: string, device: string): string {
    const { kid, bytes } = this.#keys.first;
    return `${kid}.${device}.${hmac(bytes, this.#boundText(device, owner))}`;
  }

  /** The nonce; null if the gateway did not make the token for this owner, or with a key that it has no more. */
  deviceOf(token: string, owner: string): string | null {
    const [, kid = '', device = '', tag = ''] = FORM.exec(token) ?? [];
    const key = this.#keys.byId(kid);
    return key !== undefined && isHmacOf(key.bytes, this.#boundText(device, owner), tag) ? device : null;
  }

  /** An environment and a nonce have no such character, so nothing else makes the same text. */
  #boundText(device: string, owner: string): string {
    return `${this.#environment}|${device}|${owner}`;
  }
}
