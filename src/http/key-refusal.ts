import { errorResponse } from './responses.ts';

/** The answer to a key that is missing or wrong. @param retryAfterSeconds null if there were not too many of them */
export function keyRefusal(retryAfterSeconds: number | null, requestId: string): Response {
  const said = { requestId, message: 'The key is missing or wrong.', code: 'UNAUTHENTICATED' };
  if (retryAfterSeconds === null) return errorResponse(401, said, { 'WWW-Authenticate': 'Bearer' });
  const limited = { requestId, message: 'Too many wrong keys.', code: 'RATE_LIMITED' };
  return errorResponse(429, limited, { 'Retry-After': String(retryAfterSeconds) });
}
