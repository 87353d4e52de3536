/** Calls of `/api` as its clients make them. */
import { expect } from 'vitest';
import { problemsOf } from './described-responses.ts';
import type { TestGateway } from './gateway.ts';

export interface RestAnswer<Body> {
  status: number;
  headers: Headers;
  /** Null where the response has none. */
  body: Body;
}

/**
 * Calls the gateway, and expects a response that `/api/openapi.json` describes: its status, headers and body.
 *
 * @param init a `body` that is no text is sent as JSON
 */
export async function callRest<Body = Record<string, unknown>>(
  gateway: Pick<TestGateway, 'fetch'>,
  path: string,
  init: Omit<RequestInit, 'body' | 'headers'> & { body?: unknown; headers?: Record<string, string> } = {},
): Promise<RestAnswer<Body>> {
  const { body: sent, headers: sentHeaders, ...rest } = init;
  const isJson = sent !== undefined && typeof sent !== 'string';
  const response = await gateway.fetch(path, {
    ...rest,
    headers: { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...sentHeaders },
    ...(sent === undefined ? {} : { body: isJson ? JSON.stringify(sent) : (sent as string) }),
  });
  const { status, headers } = response;
  const text = await response.text();
  const body: unknown = text === '' ? null : JSON.parse(text);
  const { method = 'GET' } = init;
  const call = { method, path: path.replace(/[?#].*$/s, ''), status, headers, body };
  expect(problemsOf(call), `${method} ${path}: ${status} ${text}`).toEqual([]);
  return { status, headers, body: body as Body };
}
