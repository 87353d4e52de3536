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
const OTHER_PARAMETERS = ['query', 'operationName', 'variables', 'extensions'];

/**
 * @param pathIds the id in the URL's path, if there is one.
 * @throws GraphQLError with `extensions.http.status` if the request is malformed.
 */
export function readGetParameters(
  parameters: URLSearchParams,
  client: ClientIdentity,
  pathIds: readonly string[],
): OperationRequest {
  // An empty parameter counts as absent.
  const valuesOf = (name: string) => new Set(parameters.getAll(name).filter((value) => value !== ''));
  const jsonValuesOf = (name: string) =>
    [...valuesOf(name)].map((text) => parseJson(text, `${name}: is not JSON`, [name]));
  const [query] = valuesOf('query');
  const [operationName] = valuesOf('operationName');
  const [variables] = jsonValuesOf('variables');
  const [extensions, ...otherExtensions] = jsonValuesOf('extensions');
  const ids = ID_PARAMETERS.flatMap((name) => [...valuesOf(name)]);
  const request = toOperationRequest({ query, operationName, variables, extensions }, client, [
    ...pathIds,
    ...ids,
    ...otherExtensions.flatMap(persistedIdsOf),
  ]);
  const repeated = OTHER_PARAMETERS.find((name) => valuesOf(name).size > 1);
  // A mismatch of ids is refused before anything else.
  if (repeated !== undefined && request.documentIds.length < 2) {
    throw unreadable(`${repeated}: is sent twice, with different values`, 400, { argumentPath: [repeated] });
  }
  return request;
}
