/**
 * What a request's variables say, whichever way they were written: two requests that mean the same have one key.
 *
 * The values are the coerced ones, with the defaults of the variables in place, unknown ones left out and the keys of
 * objects in one order. A variable that stays away and one that is null differ: resolvers may tell them apart.
 */
import { type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';

/** Null where the variables are not what the operation takes. */
export function variablesKey(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  sent: Readonly<Record<string, unknown>>,
): string | null {
  const { variableValues } = getVariableValues(schema, operation.variableDefinitions ?? [], sent, {
    maxErrors: 1,
  });
  return variableValues === undefined ? null : canonicalJson(variableValues.coerced);
}

/** JSON with the keys of every object in the order of their code units. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
