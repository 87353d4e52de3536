/** Calls of `/api` in the gateway, by its endpoints and their rows. */
import { expect } from 'vitest';
import { type Endpoint, isProtected } from '../../src/rest/endpoint.ts';
import { problemsOf } from './described-responses.ts';
import type { TestGateway } from './gateway.ts';
import { createInvestor } from './investors.ts';
import { CANARY, goodCall, nameOf, type RestCall, requestOf } from './rest-calls.ts';
import { type Serving, startServing } from './serving-bench.ts';

/** Expects a response that is described. @param call in the place of parts of the good call. */
export async function callEndpoint(
  gateway: TestGateway,
  endpoint: Endpoint,
  call: RestCall = {},
): Promise<Response> {
  const [url, init] = requestOf(endpoint, call);
  const response = await gateway.fetch(url, init);
  // Other methods are not described.
  if (init.method === endpoint.method) await expectDescribed(response, init.method, url);
  return response;
}

interface RestError {
  code: string;
  message: string;
  details: { in: string; name: string; message: string }[];
  requestId: string;
}

/**
 * The error of a refused request, in the one shape that all have. No cache keeps it.
 *
 * @param about the request, for the message of a failed expectation.
 */
export async function refused(response: Response, status: number, about: string): Promise<RestError> {
  const text = await response.text();
  expect([about, response.status, text.slice(0, 300)]).toEqual([about, status, expect.anything()]);
  const { headers } = response;
  expect(headers.get('content-type'), about).toBe('application/json; charset=utf-8');
  expect(headers.get('cache-control'), about).toBe('private, no-store');
  for (const name of ['etag', 'age', 'cache-tag', 'last-modified', 'expires'])
    expect(headers.get(name), about).toBeNull();
  const body = JSON.parse(text) as { error: RestError };
  expect(body, about).toEqual({
    error: {
      code: expect.stringMatching(/^[A-Z_]+$/),
      message: expect.stringMatching(/\S/),
      details: expect.any(Array),
      requestId: headers.get('x-request-id'),
      traceId: headers.get('x-trace-id'),
    },
  });
  for (const detail of body.error.details) {
    expect(detail, about).toEqual({
      in: expect.stringMatching(/^(path|query|header|body)$/),
      name: expect.any(String),
      message: expect.stringMatching(/\S/),
    });
  }
  expect(text.length, about).toBeLessThan(8_000);
  expect(text, about).not.toContain(CANARY);
  expect(text, about).not.toMatch(/\bat \w+ \(|\.ts:\d|node_modules|ZodError/);
  return body.error;
}

/** A response that `/api/openapi.json` has. */
async function expectDescribed(response: Response, method: string, url: string): Promise<void> {
  const { status, headers } = response;
  const text = await response.clone().text();
  const path = new URL(url, 'https://gateway.test').pathname;
  const body: unknown = text === '' ? null : JSON.parse(text);
  const problems = problemsOf({ method, path, status, headers, body });
  expect(problems, `${method} ${url.slice(0, 200)}: ${status} ${text.slice(0, 500)}`).toEqual([]);
}

/** The parameters at fault, each as its place and its name. */
export const atFault = ({ details }: RestError) => details.map((detail) => `${detail.in} ${detail.name}`);

export interface RestBench extends Serving {
  /** With every right. */
  signedIn: { Authorization: string };
  /** Signed in where the endpoint wants it. @param changed in the place of parts of the good call. */
  call(endpoint: Endpoint, changed?: RestCall): Promise<Response>;
  /** Refused for these parameters, and no others. */
  expectAtFault(endpoint: Endpoint, changed: RestCall, expected: readonly string[]): Promise<void>;
}

/** A small market, and one user. */
export async function startRest(options: Parameters<typeof startServing>[0] = {}): Promise<RestBench> {
  const serving = await startServing({ ...options, market: { projectCount: 8, poolCount: 4 } });
  const { headers } = await createInvestor('usr_table');
  const signedIn = { Authorization: headers.Authorization ?? '' };
  const call: RestBench['call'] = (endpoint, changed = {}) => {
    const authorization = isProtected(endpoint) ? signedIn : {};
    const sent = { ...authorization, ...(changed.headers ?? goodCall(endpoint).headers) };
    return callEndpoint(serving.gateway, endpoint, { ...changed, headers: sent });
  };
  return {
    ...serving,
    signedIn,
    call,
    async expectAtFault(endpoint, changed, expected) {
      const about = `${nameOf(endpoint)} ${JSON.stringify(changed).slice(0, 200)}`;
      const error = await refused(await call(endpoint, changed), 400, about);
      // The second is the operation's own word for it.
      expect(['BAD_USER_INPUT', 'VALIDATION_FAILED'], about).toContain(error.code);
      expect(new Set(atFault(error)), about).toEqual(new Set(expected));
    },
  };
}
