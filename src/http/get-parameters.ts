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

const ID_PARAMETERS = ['documentId', 'doc_id', 'id'];

/**
 * @param pathIds the id in the URL's path, if there is one.
 * @throws GraphQLError with `extensions.http.status` if the request is malformed.
 */
export function readGetParameters(
  parameters: URLSearchParams,
  client: ClientIdentity,
  pathIds: readonly string[],
): OperationRequest {
  const sent = {
    query: valuesOf(parameters, 'query'),
    operationName: valuesOf(parameters, 'operationName'),
    variables: valuesOf(parameters, 'variables'),
    extensions: valuesOf(parameters, 'extensions'),
  };
  const [query] = sent.query;
  const [operationName] = sent.operationName;
  const [variables] = parsedValues('variables', sent.variables);
  const [extensions, ...otherExtensions] = parsedValues('extensions', sent.extensions);
  const ids = ID_PARAMETERS.flatMap((name) => valuesOf(parameters, name));
  const request = toOperationRequest({ query, operationName, variables, extensions }, client, [
    ...pathIds,
    ...ids,
    ...otherExtensions.flatMap(persistedIdsOf),
  ]);
  const repeated = Object.entries(sent).find(([, values]) => values.length > 1)?.[0];
  // A mismatch of ids is refused before anything else.
  if (repeated !== undefined && request.documentIds.length < 2) {
    throw unreadable(`${repeated}: is sent twice, with different values`, 400, { argumentPath: [repeated] });
  }
  return request;
}

/** Distinct. An empty value counts as absent. */
function valuesOf(parameters: URLSearchParams, name: string): string[] {
  const values = parameters.getAll(name);
  return values.length === 0 || (values.length === 1 && values[0] !== '')
    ? values
    : [...new Set(values)].filter((value) => value !== '');
}

const parsedValues = (name: string, texts: readonly string[]) =>
  texts.map((text) => parseJson(text, `${name}: is not JSON`, [name]));
