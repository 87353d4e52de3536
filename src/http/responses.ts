import { runningTrace } from '../observability/running-work.ts';

/** A JSON answer that no cache stores: without `Cache-Control`, shared caches invent a lifetime. */
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

/** Why a request has no answer, before a route gives it its shape. */
export interface HttpRefusal {
  status: number;
  code: string;
  message: string;
  requestId: string;
  headers?: Record<string, string>;
}

/** A refusal outside GraphQL, in the shape of a GraphQL error. */
export function errorResponse(
  status: number,
  error: { message: string; code: string; requestId: string },
  headers: Record<string, string> = {},
): Response {
  const { message, code, requestId } = error;
  return jsonResponse(
    { errors: [{ message, extensions: { code, requestId, traceId: runningTrace()?.traceId } }] },
    status,
    headers,
  );
}

export const refusedAsGraphQL = ({ status, headers, ...error }: HttpRefusal): Response =>
  errorResponse(status, error, headers);
