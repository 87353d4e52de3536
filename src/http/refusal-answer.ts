import { GraphQLError } from 'graphql';
import { hasOwnStatus } from '../graphql/error-policy.ts';
import { Answer } from './answer.ts';

/**
 * The answer to a request that was refused before its document was looked at, whose status stands whatever the client
 * accepts. Null for every other failure: what it is called depends on more than itself.
 */
export function refusalAnswer(failure: unknown, mediaType: string): Answer | null {
  if (!(failure instanceof GraphQLError) || failure.nodes !== undefined || !hasOwnStatus(failure))
    return null;
  const { http, rule: _, ...extensions } = failure.extensions;
  const headers = new Headers({ 'Content-Type': `${mediaType}; charset=utf-8`, ...http.headers });
  const body = JSON.stringify({ errors: [{ message: failure.message, extensions }] });
  return new Answer(body, headers, { status: http.status });
}
