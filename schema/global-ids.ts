/** Global ids: base64url of `<type>:<id>`. They are opaque to clients. Cursors use the same encoding. */
import { flatText, repeatedTexts } from './flat-text.ts';

export type NodeTypeName = 'Project' | 'IdoPool' | 'Investment' | 'User' | 'ChatRoom' | 'ChatMessage';
/** The others are no nodes: nobody refetches one. */
export type IdentifiedTypeName = NodeTypeName | 'Session' | 'Transaction' | 'Upload' | 'UserFile';

export function encodeGlobalId(typeName: IdentifiedTypeName, id: string): string {
  return encodeBase64Url(`${typeName}:${id}`);
}

/** Lists repeat them, and to encode ids is a large part of a list's cost. */
export const projectGlobalId = repeatedTexts((id: string) => encodeGlobalId('Project', id));
export const poolGlobalId = repeatedTexts((id: string) => encodeGlobalId('IdoPool', id));

/** Null if the global id is malformed. */
export function decodeGlobalId(globalId: string): { typeName: string; id: string } | null {
  const text = decodeBase64Url(globalId);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 1 || colon === text.length - 1) return null;
  return { typeName: text.slice(0, colon), id: text.slice(colon + 1) };
}

/** The id inside a global id; null if that is malformed or of another type. */
export function localId(typeName: IdentifiedTypeName, globalId: string): string | null {
  const decoded = decodeGlobalId(globalId);
  return decoded?.typeName === typeName ? decoded.id : null;
}

/** The UTF-8 of a text as base64url (RFC 4648 section 5) without padding. */
export function encodeBase64Url(text: string): string {
  const base64 = btoa(IS_ASCII.test(text) ? text : String.fromCharCode(...new TextEncoder().encode(text)));
  const padding = base64.indexOf('=');
  const unpadded = padding === -1 ? base64 : base64.slice(0, padding);
  return flatText(unpadded.replaceAll('+', '-').replaceAll('/', '_'));
}

/** ASCII text is its own UTF-8, and almost every id is ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII.
const IS_ASCII = /^[\x00-\x7f]*$/;

/** Null if the text is not base64url, or its bytes are not UTF-8. */
export function decodeBase64Url(encoded: string): string | null {
  if (!/^[\w-]+$/.test(encoded)) return null;
  try {
    const binary = atob(encoded.replace(/-/g, '+').replace(/_/g, '/'));
    if (IS_ASCII.test(binary)) return binary;
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
