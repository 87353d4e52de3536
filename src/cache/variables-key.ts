/**
 * What a request's variables say, whichever way they were written: two requests that mean the same have one key.
 *
 * The values are the coerced ones: the defaults of the variables in place, unknown ones left out, and the variables and
 * the fields of objects in the order of their definitions, in which coercion writes them. A variable that stays away
 * and one that is null differ: resolvers may tell them apart.
 */
import type { GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { type CoerceVariables, planVariables } from '../execution/variable-values.ts';

export type VariablesKey = (
  operation: OperationDefinitionNode,
  sent: Readonly<Record<string, unknown>>,
) => string | null;

/** Of valid operations; null where the variables are not what the operation takes. */
export function createVariablesKey(schema: GraphQLSchema): VariablesKey {
  const planned = new WeakMap<OperationDefinitionNode, CoerceVariables>();
  return (operation, sent) => {
    let coerce = planned.get(operation);
    if (coerce === undefined) {
      coerce = planVariables(schema, operation.variableDefinitions ?? []);
      planned.set(operation, coerce);
    }
    const coercion = coerce(sent, { maxErrors: 1, hideSuggestions: true });
    return 'errors' in coercion ? null : JSON.stringify(coercion.variableValues.coerced);
  };
}
