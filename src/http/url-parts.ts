/**
 * Parts of a request's URL, which is absolute and normalised by the runtime: to parse all of it anew costs more than to
 * route the request.
 */

export function pathOf(url: string): string {
  const [path = ''] = url.slice(url.indexOf('/', 'https://'.length)).split(/[?#]/, 1);
  return path;
}

/** Without its question mark; empty where there is none. */
export function queryOf(url: string): string {
  const [whole = ''] = url.split('#', 1);
  const mark = whole.indexOf('?');
  return mark === -1 ? '' : whole.slice(mark + 1);
}

/** A part of a path, decoded; null if it is not percent-encoded UTF-8. */
export function decodedPart(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
