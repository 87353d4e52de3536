/** One endpoint as an operation of OpenAPI. */
import type * as z from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { isStorable } from '../../src/cache/cache-policy.ts';
import type { RegisteredOperation } from '../../src/operations/registered-operation.ts';
import { type Endpoint, isProtected } from '../../src/rest/endpoint.ts';
import { type Answers, withOptionalWarnings } from './answer-schemas.ts';
import { type RefusalStatus, refusalsNamed } from './refusal-responses.ts';
import { headersNamed, OF_ALL, OF_SHARED_ANSWERS } from './response-headers.ts';

export const templateOf = ({ path }: Endpoint) => path.replaceAll(/:(\w+)/g, '{$1}');

/** The first segment that says what a route is about. */
export const tagOf = ({ path }: Endpoint) => path.replace(/^\/api\/(protected\/)?/, '').split('/')[0] ?? '';

/** `RestProjectList` → `projectList`. */
const operationIdOf = ({ operation }: Endpoint) =>
  operation.replace(/^Rest(.)/, (_, first: string) => first.toLowerCase());

export function describeEndpoint(
  endpoint: Endpoint,
  operation: RegisteredOperation,
  answers: Answers,
): ZodOpenApiOperationObject {
  const { path, query, headers, body } = endpoint.parameters as Record<string, z.ZodObject | undefined>;
  return {
    operationId: operationIdOf(endpoint),
    summary: endpoint.summary,
    tags: [tagOf(endpoint)],
    ...securityOf(endpoint, operation),
    requestParams: {
      ...(path && { path }),
      ...(query && { query }),
      ...(headers && { header: headers }),
    },
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: {
      ...answersOf(answers, operation),
      ...refusalsNamed(refusalStatuses(endpoint, operation)),
    },
  };
}

const BEARER = { bearerAuth: [] };

/** Signing in takes a token too: the new session replaces the token's, and a wallet is linked to its user. */
function securityOf(endpoint: Endpoint, { cachePolicy }: RegisteredOperation) {
  if (isProtected(endpoint)) return { security: [BEARER] };
  return isStorable(cachePolicy) ? {} : { security: [{}, BEARER] };
}

function answersOf(answers: Answers, operation: RegisteredOperation): ZodOpenApiResponsesObject {
  const isShared = isStorable(operation.cachePolicy);
  const headers = headersNamed(isShared ? OF_SHARED_ANSWERS : OF_ALL);
  const described = Object.entries(answers).map(([status, schema]) => {
    const content = schema && { 'application/json': { schema: withOptionalWarnings(schema) } };
    return [status, { description: DESCRIPTIONS[status], headers, ...(content && { content }) }];
  });
  const unchanged = { description: 'The answer is still the one that `If-None-Match` names.', headers };
  return Object.fromEntries(isShared ? [...described, ['304', unchanged]] : described);
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  200: 'The answer.',
  201: 'It has been made.',
  204: 'It is done.',
};

/** Statuses that any route can have: each has parameters to get wrong, a client to count, and sources to fail. */
const OF_ANY: readonly RefusalStatus[] = [400, 410, 429, 500, 502, 503, 504];

function refusalStatuses(
  endpoint: Endpoint,
  { cachePolicy, document }: RegisteredOperation,
): RefusalStatus[] {
  const { method, parameters } = endpoint;
  const canBeRejected = /\bRejection\b/.test(document);
  const statuses: RefusalStatus[] = [
    ...OF_ANY,
    // A token that is not valid is refused also where none is needed: the answer is for its caller alone.
    ...(isStorable(cachePolicy) ? [] : ([401, 403] as const)),
    ...(parameters.path === undefined ? [] : ([404] as const)),
    ...(canBeRejected ? ([404, 409] as const) : []),
    ...(method === 'GET' ? [] : ([413, 415] as const)),
  ];
  return [...new Set(statuses)].sort((a, b) => a - b);
}
