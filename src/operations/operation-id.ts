/** The ids of registered operations: `sha256:` and the hash of the document, or any opaque text. */
import { KV_KEY_MAX_BYTES } from '../config.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';

export const SHA256_PREFIX = 'sha256:';
export const SHA256_ID = /^sha256:[0-9a-f]{64}$/;
const BARE_SHA256 = /^[0-9a-f]{64}$/;

/** Half of a KV key: a prefix stands before the id. */
export const OPERATION_ID_MAX_BYTES = KV_KEY_MAX_BYTES / 2;

/**
 * Printable, without spaces. `~` separates the parts of `<app>~<version>~<id>`. Objects by id, as in manifests and in the
 * liveness overlay, cannot hold `__proto__`.
 */
const OPERATION_ID = /^(?!__proto__$)[^\s~\p{C}]+$/u;

/** True if an operation can have the id. No other id is looked up or stored. */
export const isOperationId = (id: string) =>
  SHA256_ID.test(id) ||
  (id.length <= OPERATION_ID_MAX_BYTES &&
    OPERATION_ID.test(id) &&
    new TextEncoder().encode(id).byteLength <= OPERATION_ID_MAX_BYTES);

/** The id of a document by its exact text. */
export async function sha256Id(document: string): Promise<string> {
  return `${SHA256_PREFIX}${await sha256Hex(document)}`;
}

/**
 * The ids under which the operation may be registered, the likeliest first. Apollo and Relay send a hash without its
 * prefix; another tool may use the same characters as an opaque id.
 */
export function registeredIds(id: string): string[] {
  return BARE_SHA256.test(id) ? [`${SHA256_PREFIX}${id}`, id] : [id];
}

/** Compares two ids; the prefix of a hash is optional. */
export const isSameId = (one: string, other: string) => registeredIds(one)[0] === registeredIds(other)[0];

/** The beginning of a hash, or an opaque id. */
const TAG_HEX_DIGITS = 16;
export const tagOf = (id: string) => (SHA256_ID.test(id) ? id.slice(7, 7 + TAG_HEX_DIGITS) : id);
