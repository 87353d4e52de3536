/**
 * Protects from cross-site request forgery, also by WebSocket: a page of another site can make a browser send a GET with its user's
 * credentials. A POST needs no check: it is JSON, and browsers ask by a CORS preflight before they send JSON.
 *
 * A GET may run if a browser asks before it sends it, if it comes from the gateway's own origin or an allowed one, or if
 * its answer is no secret: registered public operations, and queries without credentials. No mutation runs by GET.
 */
import { GraphQLError } from 'graphql';
import { CLIENT_NAME_HEADERS } from '../operations/client-identity.ts';
import type { OperationKind } from '../operations/registered-operation.ts';

/** Browsers ask before they send them to another origin, also without a value. */
export const PREFLIGHT_HEADERS = [
  'x-graphql-csrf',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-requested-with',
  ...CLIENT_NAME_HEADERS,
] as const;

/** A list of values does not count: browsers send `text/plain` without asking, whatever follows it. */
const JSON_CONTENT_TYPE = /^\s*application\/json\s*(?:;[^,]*)?$/i;

/** `none` means the address bar or a bookmark. No foreign page can make a browser send one of these values. */
const OWN_SITES: readonly (string | null)[] = ['same-origin', 'none'];

/**
 * True if the request carries nothing that says whose it is. Browsers send both headers without asking, the second for
 * HTTP authentication.
 */
export const hasNoCredentials = (sent: Headers) => !sent.has('authorization') && !sent.has('cookie');

/**
 * Null if the request may run the operation.
 *
 * @param isPublic true if the operation is registered and selects nothing private
 * @param allowedOrigins origins whose pages may send credentials
 */
export function crossSiteRefusal(
  request: { method: string; headers: Headers },
  kind: OperationKind,
  isPublic: () => boolean,
  allowedOrigins: readonly string[],
): GraphQLError | null {
  if (request.method !== 'GET') return null;
  if (kind === 'mutation') {
    return new GraphQLError('A mutation is sent by POST.', {
      extensions: {
        code: 'BAD_USER_INPUT',
        rule: 'mutation-by-get',
        http: { status: 405, headers: { Allow: 'POST' } },
      },
    });
  }
  const { headers } = request;
  if ((kind === 'query' && hasNoCredentials(headers)) || isPublic() || isAskedFor(headers, allowedOrigins))
    return null;
  return new GraphQLError(
    'Send this by POST, or with the header x-graphql-csrf or graphql-client-name. A query runs also without Cookie and Authorization.',
    { extensions: { code: 'FORBIDDEN', rule: 'cross-site', http: { status: 403 } } },
  );
}

/**
 * True if a page of a foreign site opens the socket: browsers ask nobody before a handshake, and name its origin (RFC
 * 6455, section 10.2). Apps name none.
 *
 * @param allowedOrigins origins whose pages may send credentials
 */
export function isForeignHandshake({ url, headers }: Request, allowedOrigins: readonly string[]): boolean {
  const origin = headers.get('origin');
  return origin !== null && origin !== new URL(url).origin && !allowedOrigins.includes(origin);
}

/** True if no page of a foreign site can have made a browser send the headers. */
function isAskedFor(headers: Headers, allowedOrigins: readonly string[]): boolean {
  const origin = headers.get('origin');
  return (
    PREFLIGHT_HEADERS.some((name) => headers.has(name)) ||
    JSON_CONTENT_TYPE.test(headers.get('content-type') ?? '') ||
    OWN_SITES.includes(headers.get('sec-fetch-site')) ||
    (origin !== null && allowedOrigins.includes(origin))
  );
}
