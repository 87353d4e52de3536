/** Calls of `/api` about accounts: their answers are private, and their refusals say who may sign in. */
import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';
import { callRest } from './rest.ts';

export interface Sent {
  /** A text is sent as it is, anything else as JSON. */
  body?: unknown;
  accessToken?: string;
  headers?: Record<string, string>;
}

interface Refused {
  error: { code: string; details: { name: string }[]; requestId: string };
}

/** @param gatewayOf is asked at each call. A route is its method and its path. */
export function accountCalls(gatewayOf: () => TestGateway) {
  function call<Body = Refused>(route: string, { body, accessToken, headers }: Sent = {}) {
    const [method = '', path = ''] = route.split(' ');
    const authorization = accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` };
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const sentHeaders = { ...type, ...authorization, ...headers };
    return callRest<Body>(gatewayOf(), path, { method, body, headers: sentHeaders });
  }

  /** The body of a 200 that nobody keeps. */
  async function answered<Body>(route: string, sent: Sent = {}): Promise<Body> {
    const { status, headers, body } = await call<Body>(route, sent);
    expect({ route, status, body }).toEqual({ route, status: 200, body: expect.anything() });
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    return body;
  }

  /** The status, the code, and the names of the parameters at fault. */
  async function refusal(route: string, sent: Sent = {}): Promise<string> {
    const { status, headers, body } = await call(route, sent);
    const { code, details, requestId } = body.error;
    expect(requestId).toBe(headers.get('x-request-id'));
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    return [status, code, ...details.map(({ name }) => name)].join(' ');
  }

  return { call, answered, refusal };
}
