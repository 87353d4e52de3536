/** Headers of responses, as components of the description, and which response has which. */
import type { ZodOpenApiComponentsObject } from 'zod-openapi';

const text = { type: 'string' } as const;
const wholeNumber = { type: 'integer', minimum: 0 } as const;

export const RESPONSE_HEADERS = {
  'x-request-id': {
    description: 'The id of the request, under which the log of the gateway has it.',
    required: true,
    schema: text,
  },
  'x-trace-id': {
    description: 'The trace of the request (W3C Trace Context). Answers from memory have none.',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  },
  'Cache-Control': {
    description: 'Who may keep the answer, and how long (RFC 9111, RFC 5861).',
    required: true,
    schema: text,
  },
  'X-Cache': {
    description: "The part of the gateway's cache in the answer.",
    required: true,
    schema: { type: 'string', enum: ['HIT', 'MISS', 'STALE', 'BYPASS'] },
  },
  'Cache-Status': { description: 'The same by RFC 9211.', required: true, schema: text },
  ETag: {
    description: 'Identifies the answer: send it as `If-None-Match`, and an answer that is unchanged is 304.',
    schema: { type: 'string', pattern: '^"[^"]+"$' },
  },
  Age: { description: 'Seconds since the answer was made.', schema: wholeNumber },
  'Cache-Tag': {
    description: 'The kinds of data in the answer, for caches that purge by tag.',
    schema: text,
  },
  Vary: { description: 'The headers of the request that the answer depends on.', schema: text },
  Deprecation: {
    description: "Since when the route's operation is deprecated (RFC 9745).",
    schema: { type: 'string', pattern: '^@\\d+$' },
  },
  Sunset: { description: "When the route's operation ends (RFC 8594).", schema: text },
  'Retry-After': { description: 'Seconds after which to ask again.', schema: wholeNumber },
  'WWW-Authenticate': { description: 'The scheme that the route wants (RFC 9110).', schema: text },
  Accept: { description: 'The media type that the route takes (RFC 9110).', schema: text },
} as const satisfies ZodOpenApiComponentsObject['headers'];

export type ResponseHeader = keyof typeof RESPONSE_HEADERS;

/** Refusals, too. */
export const OF_ALL: readonly ResponseHeader[] = [
  'x-request-id',
  'x-trace-id',
  'Cache-Control',
  'X-Cache',
  'Cache-Status',
  'Vary',
  'Deprecation',
  'Sunset',
];
export const OF_SHARED_ANSWERS: readonly ResponseHeader[] = [...OF_ALL, 'ETag', 'Age', 'Cache-Tag'];

export const headersNamed = (names: readonly ResponseHeader[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
