/** The parameters of a request to `/api`, by the schemas of its endpoint. Whatever they do not name is refused. */
import * as z from 'zod';
import { parseJson } from '../http/parse-json.ts';
import { readJsonBody, readOptionalJsonBody } from '../http/request-body.ts';
import { queryOf } from '../http/url-parts.ts';
import type { Endpoint } from './endpoint.ts';
import { PARAMETER_PLACES, type ParameterPlace, PLACE_NAMES } from './parameter-places.ts';
import { badParameters, type RefusedParameter } from './rest-refusal.ts';

/** A place that the endpoint names no parameter of. */
const NOTHING = z.strictObject({}).optional();

/**
 * @param path the decoded segments by name
 * @throws RestRefusal, or a GraphQLError with `extensions.http.status` if the body cannot be read.
 */
export async function readParameters(
  request: Request,
  { method, parameters }: Endpoint,
  path: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const schemas = { query: NOTHING, ...(method === 'GET' ? {} : { body: NOTHING }), ...parameters };
  const sent: Record<ParameterPlace, unknown> = {
    path,
    query: queryParameters(request.url),
    headers: Object.fromEntries(request.headers),
    body: schemas.body === undefined ? undefined : await bodyOf(request, schemas.body),
  };
  const read: Record<string, unknown> = {};
  const refused: RefusedParameter[] = [];
  for (const place of PARAMETER_PLACES) {
    const schema = schemas[place];
    if (schema === undefined) continue;
    const parsed = schema.safeParse(sent[place]);
    if (parsed.success) read[place] = parsed.data;
    else
      refused.push(
        ...parsed.error.issues.flatMap((issue) => refusedBy(issue, PLACE_NAMES[place], sent[place])),
      );
  }
  if (refused.length > 0) throw badParameters(refused);
  return read;
}

/** A parameter that stands twice may be read in two ways by the caches and proxies in front. */
function queryParameters(url: string): Record<string, string> {
  const values = new Map<string, string>();
  const doubled = new Set<string>();
  const malformed: string[] = [];
  for (const [name, value] of new URLSearchParams(queryOf(url))) {
    if (values.has(name)) doubled.add(name);
    if (value.includes(REPLACEMENT_CHARACTER)) malformed.push(name);
    values.set(name, value);
  }
  if (doubled.size > 0) throw refusedQuery([...doubled], 'must stand once');
  if (malformed.length > 0) throw refusedQuery(malformed, 'must be percent-encoded UTF-8');
  return Object.fromEntries(values);
}

/** Stands for bytes that are no UTF-8 (Encoding Standard, section 4.1). */
const REPLACEMENT_CHARACTER = '\ufffd';

const refusedQuery = (names: readonly string[], message: string) =>
  badParameters(names.map((name) => ({ in: 'query', name, message })));

const UNKNOWN = 'is not a parameter here';

/** Undefined where none is sent and the schema needs none. */
async function bodyOf(request: Request, schema: z.ZodType): Promise<unknown> {
  const isOptional = schema.safeParse(undefined).success;
  const text = isOptional
    ? await readOptionalJsonBody(request)
    : await readJsonBody(request, { isStrict: true });
  return text === null ? undefined : parseJson(text, 'The request body is not JSON.', []);
}

function refusedBy(
  issue: z.core.$ZodIssue,
  place: RefusedParameter['in'],
  sent: unknown,
): RefusedParameter[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((name) => ({ in: place, name, message: UNKNOWN }));
  const name = issue.path.length === 0 ? '' : String(issue.path[0]);
  const isMissing = name !== '' && !Object.hasOwn(sent as object, name);
  return [{ in: place, name, message: isMissing ? 'is required' : issue.message }];
}
