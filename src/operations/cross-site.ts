/**
 * What another site may make a browser send without asking first: a GET, or a POST that is no JSON (those are
 * refused as unreadable). A header of ours has the browser ask (a CORS preflight, by the Fetch standard), so that
 * only whom the allowlist names can send it.
 *
 * What is persisted and public needs none: it changes nothing, and its answer is anybody's.
 */
import { GraphQLError } from 'graphql';
import { CLIENT_NAME_HEADERS } from './client-identity.ts';
import type { OperationKind } from './registered-operation.ts';

const ASKING_HEADERS = ['x-graphql-csrf', ...CLIENT_NAME_HEADERS];

/**
 * Why the request may not run the operation this way; null where it may.
 *
 * @param isAnybodys it is registered, and nothing that it selects is private
 */
export function crossSiteRefusal(
  request: { method: string; headers: Headers },
  kind: OperationKind,
  isAnybodys: () => boolean,
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
  if (isAnybodys()) return null;
  if (ASKING_HEADERS.some((name) => request.headers.has(name))) return null;
  return new GraphQLError('Send this by POST, or with the header x-graphql-csrf or graphql-client-name.', {
    extensions: { code: 'FORBIDDEN', rule: 'cross-site', http: { status: 403 } },
  });
}
