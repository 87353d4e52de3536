const OFFSET_BASIS = 2_166_136_261;
const PRIME = 16_777_619;

/** FNV-1a of 32 bits over the code points of a text (ietf.org/archive/id/draft-eastlake-fnv). No secret is safe in it. */
export function fnv1a(text: string): number {
  let hash = OFFSET_BASIS;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), PRIME);
  return hash >>> 0;
}
