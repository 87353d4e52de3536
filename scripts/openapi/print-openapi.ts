/** The description of `/api` in OpenAPI 3.1, made from its endpoints, their answers and their operations. */
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { RegisteredOperation } from '../../src/operations/registered-operation.ts';
import type { Endpoint } from '../../src/rest/endpoint.ts';
import { ENDPOINTS } from '../../src/rest/endpoints.ts';
import { addExamples } from './add-examples.ts';
import { readAnswers } from './answer-schemas.ts';
import { describeEndpoint, tagOf, templateOf } from './describe-endpoint.ts';
import type { RestExample } from './examples.ts';
import { REFUSALS, refusalResponses } from './refusal-responses.ts';
import { RESPONSE_HEADERS } from './response-headers.ts';
import { tidyParameters } from './tidy-parameters.ts';

const DESCRIPTION = `Projects, prices and IDO pools for clients that speak no GraphQL: each route is a persisted operation of the GraphQL API.

Ids are the platform's; a global id of the GraphQL API is taken too. Money in pools and investments is a decimal string. Times are Unix seconds; in \`lastUpdate\` and \`searchTime\` they are Unix milliseconds. A parameter that is not described is refused. HEAD is answered wherever GET is.

The operations are the release whose client is \`rest\` and whose version is that of this description.`;

export interface RestRelease {
  version: string;
  operations: readonly RegisteredOperation[];
}

export async function printOpenapi(
  { version, operations }: RestRelease,
  examples: readonly RestExample[],
): Promise<string> {
  const answers = await readAnswers(ENDPOINTS);
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of ENDPOINTS) {
    const operation = byName.get(endpoint.operation);
    if (operation === undefined) throw new Error(`operations/rest has no ${endpoint.operation}`);
    const path = templateOf(endpoint);
    const described = describeEndpoint(endpoint, operation, answers.get(endpoint.operation) ?? {});
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: described };
  }
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: { title: 'COM2000 REST API', version, description: DESCRIPTION },
      servers: [{ url: '/', description: 'The gateway that serves this description.' }],
      tags: tagsOf(ENDPOINTS),
      paths,
      components: {
        headers: RESPONSE_HEADERS,
        responses: refusalResponses(REFUSALS),
        securitySchemes: {
          bearerAuth: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The access token of a session.',
          },
        },
      },
    },
    { override: ofClients },
  );
  const described = addExamples(tidyParameters(document), ENDPOINTS, examples);
  return `${JSON.stringify(described, null, 2)}\n`;
}

const tagsOf = (endpoints: readonly Endpoint[]) =>
  [...new Set(endpoints.map(tagOf))].map((name) => ({ name }));

interface Overridden {
  jsonSchema: { minimum?: number; maximum?: number; additionalProperties?: unknown };
  io: 'input' | 'output';
}

/**
 * zod bounds each integer by what JavaScript counts exactly, and closes each object. An answer may gain fields: a client that
 * is generated from a closed schema would break on the first one.
 */
function ofClients({ jsonSchema, io }: Overridden): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}
