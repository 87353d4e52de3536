const SHORT_HEX = 12;
const SHORT_OPAQUE = 24;

/** Enough of an id to know it by; `show` takes it where no other id begins so. */
export function shortId(id: string): string {
  const hash = /^sha256:([0-9a-f]{64})$/.exec(id)?.[1];
  if (hash !== undefined) return `sha256:${hash.slice(0, SHORT_HEX)}`;
  return id.length > SHORT_OPAQUE ? id.slice(0, SHORT_OPAQUE) : id;
}
