/**
 * The `Cache-Tag` by which caches in front purge the answers of an operation: `operation:<id>`.
 *
 * A tag is printable ASCII without spaces and commas, and no longer than 1,024 characters
 * (developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags). A hash stands as it is. Other characters of an opaque
 * id are percent-encoded, and `%` with them: two ids have two tags. An id has at most 256 bytes, so a tag has at most 778.
 */
export const operationTag = (id: string) =>
  `operation:${id.replace(/[^!-~]|[%,]/gu, (character) => (character === ',' ? '%2C' : encodeURIComponent(character)))}`;
