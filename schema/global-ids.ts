/** Global ids: base64url of `<type>:<id>`, in UTF-8. Opaque to clients, decoded by the gateway alone. */

export type NodeTypeName = 'Project' | 'IdoPool' | 'Investment' | 'User';

export function encodeGlobalId(typeName: NodeTypeName, id: string): string {
  const bytes = new TextEncoder().encode(`${typeName}:${id}`);
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

/** The type and id that a global id names, or null where it is malformed. */
export function decodeGlobalId(globalId: string): { typeName: string; id: string } | null {
  if (!/^[\w-]+$/.test(globalId)) return null;
  try {
    const binary = atob(globalId.replace(/-/g, '+').replace(/_/g, '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = text.indexOf(':');
    if (colon < 1 || colon === text.length - 1) return null;
    return { typeName: text.slice(0, colon), id: text.slice(colon + 1) };
  } catch {
    // Neither base64 nor UTF-8: nobody was given such an id.
    return null;
  }
}

/** The id inside a global id of one type, or null where it is malformed or of another type. */
export function localId(typeName: NodeTypeName, globalId: string): string | null {
  const decoded = decodeGlobalId(globalId);
  return decoded?.typeName === typeName ? decoded.id : null;
}
