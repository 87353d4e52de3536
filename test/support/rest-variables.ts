/** The variables that `/api` makes of a call. */
import { ENDPOINTS } from '../../src/rest/endpoints.ts';
import type { ParameterSchemas } from '../../src/rest/parameter-places.ts';

/** By place and name. Text, but for the body. */
export type SentParameters = { [Place in keyof ParameterSchemas]: Record<string, unknown> };

export function restVariables(operation: string, sent: SentParameters): Record<string, unknown> {
  const endpoint = ENDPOINTS.find((candidate) => candidate.operation === operation);
  if (endpoint === undefined) throw new Error(`no endpoint of /api runs ${operation}`);
  const places = Object.entries(endpoint.parameters) as [keyof ParameterSchemas, ParameterSchemas['query']][];
  return endpoint.variables(
    Object.fromEntries(places.map(([place, schema]) => [place, schema?.parse(sent[place] ?? {})])),
  );
}
