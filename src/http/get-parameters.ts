/**
 * The operation of a GET request. A parameter may stand in a URL more than once, and a proxy may read another one of
 * its values than the gateway. So every value counts: ids that differ are a mismatch, and other values that differ are
 * refused.
 */
import {
  type OperationRequest,
  persistedIdsOf,
  toOperationRequest,
  unreadable,
} from '../operations/operation-request.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import { parseJson } from './parse-json.ts';

const ALONE = ['query', 'operationName', 'variables', 'extensions'] as const;

/**
 * @param pathIds the id in the URL's path, if there is one.
 * @throws GraphQLError with `extensions.http.status` if the request is malformed.
 */
export function readGetParameters(
  parameters: URLSearchParams,
  client: ClientIdentity,
  pathIds: readonly string[],
): OperationRequest {
  const sent = valuesByName(parameters);
  const [query] = sent.query;
  const [operationName] = sent.operationName;
  const [variables] = parsedValues('variables', sent.variables);
  const [extensions, ...otherExtensions] = parsedValues('extensions', sent.extensions);
  const request = toOperationRequest({ query, operationName, variables, extensions }, client, [
    ...pathIds,
    ...sent.documentId,
    ...sent.doc_id,
    ...sent.id,
    ...otherExtensions.flatMap(persistedIdsOf),
  ]);
  const repeated = ALONE.find((name) => sent[name].length > 1);
  // A mismatch of ids is refused before anything else.
  if (repeated !== undefined && request.documentIds.length < 2) {
    throw unreadable(`${repeated}: is sent twice, with different values`, 400, { argumentPath: [repeated] });
  }
  return request;
}

/** Distinct values by name. An empty one counts as absent. To ask for each name would leave JavaScript seven times. */
function valuesByName(parameters: URLSearchParams) {
  const sent = {
    query: [] as string[],
    operationName: [] as string[],
    variables: [] as string[],
    extensions: [] as string[],
    documentId: [] as string[],
    doc_id: [] as string[],
    id: [] as string[],
  };
  parameters.forEach((value, name) => {
    if (value !== '' && isNameIn(sent, name)) sent[name].push(value);
  });
  for (const name in sent) {
    if (isNameIn(sent, name) && sent[name].length > 1) sent[name] = [...new Set(sent[name])];
  }
  return sent;
}

const isNameIn = <Values extends object>(values: Values, name: PropertyKey): name is keyof Values =>
  Object.hasOwn(values, name);

const parsedValues = (name: string, texts: readonly string[]) =>
  texts.map((text) => parseJson(text, `${name}: is not JSON`, [name]));
