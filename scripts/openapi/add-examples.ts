/** Examples beside what they are examples of. */
import type { createDocument } from 'zod-openapi';
import type { Endpoint } from '../../src/rest/endpoint.ts';
import { templateOf } from './describe-endpoint.ts';
import { isAnswer, type RestExample } from './examples.ts';
import { REFUSALS, type RefusalStatus } from './refusal-responses.ts';

type Document = ReturnType<typeof createDocument>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;
type Response = NonNullable<NonNullable<Document['components']>['responses']>[string];

export function addExamples(
  document: Document,
  endpoints: readonly Endpoint[],
  examples: readonly RestExample[],
): Document {
  for (const example of examples) {
    const endpoint = endpoints.find(({ operation }) => operation === example.operation);
    if (endpoint === undefined)
      throw new Error(`an example is of ${example.operation}, which no endpoint runs`);
    if (isAnswer(example)) {
      const method = endpoint.method.toLowerCase() as 'get' | 'post' | 'put';
      const operation = document.paths?.[templateOf(endpoint)]?.[method];
      if (operation === undefined) throw new Error(`${example.operation} is not described`);
      addRequest(operation, example);
      addBody(operation.responses?.[example.status], example);
    } else {
      const { name } = REFUSALS[example.status as RefusalStatus];
      addBody(document.components?.responses?.[name], example);
    }
  }
  return document;
}

function addRequest(operation: Operation, { request }: RestExample): void {
  const sent = { path: request.path, query: request.query, header: request.headers, cookie: undefined };
  for (const parameter of operation.parameters ?? []) {
    if ('$ref' in parameter) continue;
    const found = Object.entries(sent[parameter.in as keyof typeof sent] ?? {}).find(
      ([name]) => name.toLowerCase() === parameter.name,
    );
    if (found !== undefined) parameter.example = typed(found[1], parameter.schema);
  }
  const { requestBody } = operation;
  const content =
    requestBody && !('$ref' in requestBody) ? requestBody.content['application/json'] : undefined;
  if (content !== undefined && !('$ref' in content)) content.example = request.body;
}

/** The text of a parameter as its schema has it. */
function typed(text: string, schema: object | boolean | undefined): unknown {
  const { type } = schema as { type?: string };
  if (type === 'integer') return Number(text);
  if (type === 'boolean') return text === 'true';
  return type === 'array' ? text.split(',') : text;
}

function addBody(response: Response | undefined, { operation, status, body }: RestExample): void {
  if (response === undefined || '$ref' in response)
    throw new Error(`${operation}: no response ${status} is described`);
  const content = response.content?.['application/json'];
  if (content !== undefined && !('$ref' in content)) content.example ??= body;
}
