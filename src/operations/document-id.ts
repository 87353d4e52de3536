import { sha256Hex } from '../storage/sha256-hex.ts';

/** The prefix says that the rest is the document's SHA-256; any other id is opaque. */
export const SHA256_PREFIX = 'sha256:';
export const SHA256_ID = /^sha256:[0-9a-f]{64}$/;

/** The id that a document's exact text has: `sha256:` and lower-case hex. */
export async function sha256Id(document: string): Promise<string> {
  return `${SHA256_PREFIX}${await sha256Hex(document)}`;
}

const BARE_SHA256 = /^[0-9a-f]{64}$/;

/**
 * What an id may be registered as, likeliest first. Apollo and Relay send a hash without its prefix, and another tool
 * may have taken the same characters for an opaque id.
 */
export function registeredIds(id: string): string[] {
  return BARE_SHA256.test(id) ? [`${SHA256_PREFIX}${id}`, id] : [id];
}

/** Whether two ids name one document, with or without the prefix. */
export const isSameId = (one: string, other: string) => registeredIds(one)[0] === registeredIds(other)[0];
