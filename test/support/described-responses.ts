/** The responses that the description of `/api` allows, for a validator that generates no code: workerd forbids that. */
import { type Schema, Validator } from '@cfworker/json-schema';
import openapi from '../../src/rest/openapi.json' with { type: 'json' };

interface DescribedHeader {
  required?: boolean;
  schema: Schema;
}

interface DescribedResponse {
  headers: Record<string, { $ref: string }>;
  content?: { 'application/json': { schema: Schema } };
}

interface Description {
  paths: Record<
    string,
    Record<string, { responses: Record<string, DescribedResponse | { $ref: string }> } | undefined>
  >;
  components: { schemas: Record<string, Schema> };
}

/** The description leaves answers open, for fields to come. A field that it does not name is a fault here. */
const description = closed(openapi) as Description;

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  const isOpen = inner.type === 'object' && 'properties' in inner && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

/** Headers that any answer of the gateway may have (`src/http/answer.ts`), in lower case. */
const OF_ANY_ANSWER = new Set([
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-resource-policy',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
]);

/** The routes that are not described have one response each. */
const NO_SUCH_PATH = { status: 404, allows: false };
const NO_SUCH_METHOD = { status: 405, allows: true };

export interface AnsweredCall {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  headers: Headers;
  /** Null where the response has no body. */
  body: unknown;
}

/** Why the response is none that the description has; empty if it is one. */
export function problemsOf(call: AnsweredCall): string[] {
  const { method, path, status, headers } = call;
  const operations = operationsOf(path);
  const operation = operations?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (operation !== undefined) {
    const described = operation.responses[status];
    if (described === undefined) return [`no response ${status} is described`];
    return problemsOfResponse(call, '$ref' in described ? resolved(described.$ref) : described);
  }
  const { status: expected, allows } = operations === undefined ? NO_SUCH_PATH : NO_SUCH_METHOD;
  if (status !== expected) return [`the status is ${status} and not ${expected}: no such route is described`];
  if (allows !== headers.has('allow')) return ['a 405, and nothing else, says which methods are allowed'];
  return problemsOfResponse(call, resolved('#/components/responses/NotFound'), ['allow']);
}

/** A fixed segment comes before a parameter. */
function operationsOf(path: string) {
  const sent = path.split('/');
  const parametersIn = (template: string) => template.split('{').length;
  return Object.entries(description.paths)
    .toSorted(([a], [b]) => parametersIn(a) - parametersIn(b))
    .find(([template]) => {
      const segments = template.split('/');
      return (
        segments.length === sent.length &&
        segments.every((segment, position) => segment.startsWith('{') || segment === sent[position])
      );
    })?.[1];
}

function problemsOfResponse(
  call: AnsweredCall,
  described: DescribedResponse,
  others: readonly string[] = [],
): string[] {
  return [
    ...problemsOfHeaders(call.headers, described, others),
    ...problemsOfBody(call, described.content?.['application/json'].schema),
    ...(call.status < 400 ? [] : problemsOfRefusal(call)),
  ];
}

function problemsOfHeaders(
  headers: Headers,
  described: DescribedResponse,
  others: readonly string[],
): string[] {
  const problems: string[] = [];
  for (const [name, { $ref }] of Object.entries(described.headers)) {
    const { required = false, schema } = resolved<DescribedHeader>($ref);
    const value = headers.get(name);
    if (value === null) {
      if (required) problems.push(`the header ${name} is missing`);
      continue;
    }
    const typed = schema.type === 'integer' ? Number(value) : value;
    if (!new Validator(schema, '2020-12').validate(typed).valid) problems.push(`${name}: ${value} is wrong`);
  }
  const known = new Set([...Object.keys(described.headers).map((name) => name.toLowerCase()), ...others]);
  for (const name of headers.keys()) {
    if (!known.has(name) && !OF_ANY_ANSWER.has(name)) problems.push(`the header ${name} is not described`);
  }
  return problems;
}

function problemsOfBody({ method, headers, body }: AnsweredCall, schema: Schema | undefined): string[] {
  if (schema === undefined) return body === null ? [] : ['no body is described'];
  const mediaType = headers.get('content-type');
  const problems = mediaType === 'application/json; charset=utf-8' ? [] : [`the media type is ${mediaType}`];
  if (method === 'HEAD') return problems;
  const { components } = description;
  const { valid, errors } = new Validator({ ...schema, components } as Schema, '2020-12', false).validate(
    body,
  );
  return valid
    ? problems
    : [...problems, ...errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)];
}

/** A refusal has the ids of its request, and no cache keeps it. */
function problemsOfRefusal({ method, headers, body }: AnsweredCall): string[] {
  const isKept = headers.get('cache-control') !== 'private, no-store';
  const { requestId, traceId } =
    (body as { error?: { requestId?: string; traceId?: string } } | null)?.error ?? {};
  const isOfAnother = method !== 'HEAD' && requestId !== headers.get('x-request-id');
  const isOfAnotherTrace = method !== 'HEAD' && traceId !== headers.get('x-trace-id');
  return [
    ...(isKept ? ['caches may keep the refusal'] : []),
    ...(isOfAnother ? ['requestId is not x-request-id'] : []),
    ...(isOfAnotherTrace ? ['traceId is not x-trace-id'] : []),
  ];
}

/** @param reference e.g. `#/components/responses/NotFound` */
function resolved<Component = DescribedResponse>(reference: string): Component {
  const found = reference
    .split('/')
    .slice(1)
    .reduce<unknown>((within, name) => (within as Record<string, unknown> | undefined)?.[name], description);
  if (found === undefined) throw new Error(`the description has no ${reference}`);
  return found as Component;
}
