/** Global ids: base64url of `<type>:<id>`, in UTF-8. Opaque to clients, decoded by the gateway alone. */
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';

export type NodeTypeName = 'Project' | 'IdoPool' | 'Investment' | 'User';

export function encodeGlobalId(typeName: NodeTypeName, id: string): string {
  return encodeBase64Url(`${typeName}:${id}`);
}

/** The type and id that a global id names, or null where it is malformed. */
export function decodeGlobalId(globalId: string): { typeName: string; id: string } | null {
  const text = decodeBase64Url(globalId);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 1 || colon === text.length - 1) return null;
  return { typeName: text.slice(0, colon), id: text.slice(colon + 1) };
}

/** The id inside a global id of one type, or null where it is malformed or of another type. */
export function localId(typeName: NodeTypeName, globalId: string): string | null {
  const decoded = decodeGlobalId(globalId);
  return decoded?.typeName === typeName ? decoded.id : null;
}
