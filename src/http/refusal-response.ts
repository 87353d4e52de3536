import { GraphQLError } from 'graphql';
import { hasOwnStatus } from '../graphql/error-policy.ts';
import { jsonResponse } from './responses.ts';

/**
 * The answer to a request that was refused before its document was looked at, whose status stands whatever the client
 * accepts. Null for every other failure: what it is called depends on more than itself.
 */
export function refusalResponse(failure: unknown, mediaType: string): Response | null {
  if (!(failure instanceof GraphQLError) || failure.nodes !== undefined || !hasOwnStatus(failure))
    return null;
  const { http, rule: _, ...extensions } = failure.extensions;
  return jsonResponse({ errors: [{ message: failure.message, extensions }] }, http.status, {
    'Content-Type': `${mediaType}; charset=utf-8`,
    ...http.headers,
  });
}
