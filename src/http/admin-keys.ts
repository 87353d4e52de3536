/**
 * The keys of the admin endpoint: `ADMIN_KEY`, which administers, and those of `OPERATIONS_KEYS`.
 *
 * Each isolate counts wrong keys and answers 429 beyond a limit. A right key always passes: an attacker cannot lock its
 * owner out. The comparison takes the same time for every key: it compares hashes, and all of them.
 */
import { ADMIN_KEY_NAME, KEY_ROLES, type KeyRole, type OperationsKey } from '../settings/operations-keys.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';

export const WRONG_KEYS_MAX = 10;
const WINDOW_SECONDS = 60;

export type KnownKey = Pick<OperationsKey, 'name' | 'role'>;

export type KeyVerdict =
  | { allowed: true; key: KnownKey }
  | { allowed: false; retryAfterSeconds: number | null };

export interface AdminKeySources {
  adminKey: string | undefined;
  operationsKeys: readonly OperationsKey[];
  nowMs: () => number;
}

/** True if a key of this role may do what needs the other one. */
export const mayDo = (role: KeyRole, needed: KeyRole) => KEY_ROLES.indexOf(role) >= KEY_ROLES.indexOf(needed);

export class AdminKeys {
  readonly #adminKey: string | undefined;
  readonly #operationsKeys: readonly OperationsKey[];
  readonly #nowMs: () => number;
  #wrong = 0;
  #windowBeganAtMs = Number.NEGATIVE_INFINITY;

  constructor({ adminKey, operationsKeys, nowMs }: AdminKeySources) {
    this.#adminKey = adminKey;
    this.#operationsKeys = operationsKeys;
    this.#nowMs = nowMs;
  }

  async check(authorization: string | null): Promise<KeyVerdict> {
    const sent = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const key = sent === undefined ? undefined : await this.#keyOf(sent);
    if (key !== undefined) return { allowed: true, key };
    const nowMs = this.#nowMs();
    const elapsedMs = nowMs - this.#windowBeganAtMs;
    if (elapsedMs >= WINDOW_SECONDS * 1000 || elapsedMs < 0) {
      this.#windowBeganAtMs = nowMs;
      this.#wrong = 0;
    }
    this.#wrong += 1;
    if (this.#wrong <= WRONG_KEYS_MAX) return { allowed: false, retryAfterSeconds: null };
    const endsAtMs = this.#windowBeganAtMs + WINDOW_SECONDS * 1000;
    return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil((endsAtMs - nowMs) / 1000)) };
  }

  async #keyOf(sent: string): Promise<KnownKey | undefined> {
    const admin =
      this.#adminKey === undefined
        ? []
        : [{ name: ADMIN_KEY_NAME, role: 'administer', sha256: await sha256Hex(this.#adminKey) } as const];
    const hash = await sha256Hex(sent);
    let found: KnownKey | undefined;
    for (const { name, role, sha256 } of [...this.#operationsKeys, ...admin])
      if (equalInConstantTime(hash, sha256)) found = { name, role };
    return found;
  }
}

/** The time is the same for all texts of one length. */
function equalInConstantTime(one: string, other: string): boolean {
  let different = one.length ^ other.length;
  for (let at = 0; at < one.length; at += 1) different |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return different === 0;
}
