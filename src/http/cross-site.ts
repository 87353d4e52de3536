/**
 * Protects from cross-site request forgery. Without a CORS preflight, another site can make a browser send a GET, or a
 * POST that is not JSON (which is refused as unreadable). A custom header forces a preflight, and only allowed origins
 * pass it.
 *
 * Registered public queries need no header: they change nothing, and everybody may have their answers.
 */
import { GraphQLError } from 'graphql';
import { CLIENT_NAME_HEADERS } from '../operations/client-identity.ts';
import type { OperationKind } from '../operations/registered-operation.ts';

const PREFLIGHT_HEADERS = ['x-graphql-csrf', ...CLIENT_NAME_HEADERS];

/**
 * Null if the request may run the operation.
 *
 * @param isPublic true if the operation is registered and selects nothing private
 */
export function crossSiteRefusal(
  request: { method: string; headers: Headers },
  kind: OperationKind,
  isPublic: () => boolean,
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
  if (isPublic()) return null;
  if (PREFLIGHT_HEADERS.some((name) => request.headers.has(name))) return null;
  return new GraphQLError('Send this by POST, or with the header x-graphql-csrf or graphql-client-name.', {
    extensions: { code: 'FORBIDDEN', rule: 'cross-site', http: { status: 403 } },
  });
}
