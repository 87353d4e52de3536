/** Refusals as responses of the description, by their status. */
import * as z from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { headersNamed, OF_ALL, type ResponseHeader } from './response-headers.ts';

interface Refusal {
  /** The name of the component. */
  name: string;
  description: string;
  headers?: readonly ResponseHeader[];
}

export const REFUSALS = {
  400: { name: 'BadParameters', description: 'Parameters are wrong: `details` names each.' },
  401: {
    name: 'Unauthenticated',
    description: 'The credentials, or the access token, are missing, wrong or no longer valid.',
    headers: ['WWW-Authenticate'],
  },
  403: { name: 'Forbidden', description: 'The user has no right to it.' },
  404: { name: 'NotFound', description: 'Nothing is there.' },
  409: { name: 'Conflict', description: 'A rule forbids it now: `code` names the rule.' },
  410: {
    name: 'Retired',
    description: 'The operation of the route is retired.',
    headers: ['Deprecation', 'Sunset'],
  },
  413: { name: 'PayloadTooLarge', description: 'The body is too large.' },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is not `application/json` in UTF-8.',
    headers: ['Accept'],
  },
  429: {
    name: 'TooManyRequests',
    description: 'The client, or an account, has sent too many requests.',
    headers: ['Retry-After'],
  },
  500: { name: 'UnexpectedError', description: 'A fault of the gateway.' },
  502: {
    name: 'UpstreamFailed',
    description: 'A source that the answer needs has failed.',
    headers: ['Retry-After'],
  },
  503: {
    name: 'Unavailable',
    description: 'The gateway cannot answer now: the same request is safe to repeat.',
    headers: ['Retry-After'],
  },
  504: {
    name: 'TimedOut',
    description: 'The answer took longer than the limit that an operator has set.',
  },
} as const satisfies Record<number, Refusal>;

export type RefusalStatus = keyof typeof REFUSALS;

const error = z
  .strictObject({
    error: z.strictObject({
      code: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/)
        .describe('A stable word for the kind of the error, e.g. `BAD_USER_INPUT`.'),
      message: z.string().describe('The error, for a reader.'),
      details: z
        .array(
          z.strictObject({
            in: z.enum(['path', 'query', 'header', 'body']),
            name: z.string().describe('Empty for the whole body.'),
            message: z.string(),
          }),
        )
        .describe('The parameters at fault.'),
      requestId: z.string().describe('The id of the request, as in `x-request-id`.'),
      traceId: z.string().describe('The trace of the request, as in `x-trace-id`.'),
    }),
  })
  .meta({ id: 'Error', description: 'Why a request has no answer.' });

export const refusalResponses = (refusals: Record<number, Refusal>) =>
  Object.fromEntries(
    Object.values(refusals).map(({ name, description, headers = [] }) => {
      const response: ZodOpenApiResponseObject = {
        description,
        headers: headersNamed([...OF_ALL, ...headers]),
        content: { 'application/json': { schema: error } },
      };
      return [name, response];
    }),
  );

export const refusalsNamed = (statuses: readonly RefusalStatus[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${REFUSALS[status].name}` }]),
  );
