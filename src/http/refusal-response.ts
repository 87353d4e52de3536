import { GraphQLError } from 'graphql';

interface OwnAnswer {
  status: number;
  headers?: Record<string, string>;
  spec?: boolean;
}

/**
 * The answer to a request that was refused before its document was looked at, whose status stands whatever the client
 * accepts. Null for every other failure: what it is called depends on more than itself.
 */
export function refusalResponse(failure: unknown, mediaType: string): Response | null {
  if (!(failure instanceof GraphQLError) || failure.nodes !== undefined) return null;
  const { http, rule: _, ...extensions } = failure.extensions as { http?: OwnAnswer; rule?: unknown };
  if (http === undefined || http.spec === true) return null;
  return new Response(JSON.stringify({ errors: [{ message: failure.message, extensions }] }), {
    status: http.status,
    headers: { 'Content-Type': `${mediaType}; charset=utf-8`, ...http.headers },
  });
}
