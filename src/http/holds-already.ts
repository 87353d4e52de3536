/** True if a GET request is conditional, and its client holds the answer of this entity tag. */
export function clientHolds({ method, headers }: Request, etag: string): boolean {
  const ifNoneMatch = method === 'GET' ? headers.get('if-none-match') : null;
  return ifNoneMatch !== null && holdsAlready(ifNoneMatch, etag);
}

/** True if the client holds these bytes. `If-None-Match` compares entity tags weakly (RFC 9110, section 13.1.2). */
export function holdsAlready(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  // No tag of the gateway has a comma, so a tag with one is foreign, however it is cut.
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
