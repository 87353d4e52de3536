/** A JSON answer that nobody stores or reads as something else: without a `Cache-Control`, shared caches invent a lifetime. */
export function jsonResponse(body: unknown, status: number, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...headers,
    },
  });
}

/** A refusal outside GraphQL's own answers, in the same shape as theirs. */
export function errorResponse(
  status: number,
  error: { message: string; code: string; requestId: string },
  headers: Record<string, string> = {},
): Response {
  const { message, code, requestId } = error;
  return jsonResponse({ errors: [{ message, extensions: { code, requestId } }] }, status, headers);
}
