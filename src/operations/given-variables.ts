import {
  coerceInputLiteral,
  coerceInputValue,
  type GraphQLSchema,
  isInputType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { objectOfAll, type VariableSource } from './cost-arguments.ts';

/** The values that a client sent, coerced, or else the defaults of the operation; undefined where invalid. */
export function givenVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  sent: Readonly<Record<string, unknown>>,
): VariableSource {
  const definitions = new Map(
    (operation.variableDefinitions ?? []).map((definition) => [definition.variable.name.value, definition]),
  );
  const known = new Map<string, unknown>();
  return {
    read: (name) => {
      if (!known.has(name)) known.set(name, coerced(schema, definitions.get(name), sent));
      return known.get(name);
    },
    objectOf: objectOfAll,
  };
}

function coerced(
  schema: GraphQLSchema,
  definition: VariableDefinitionNode | undefined,
  sent: Readonly<Record<string, unknown>>,
): unknown {
  if (definition === undefined) return undefined;
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type)) return undefined;
  const name = definition.variable.name.value;
  const value = Object.hasOwn(sent, name) ? sent[name] : undefined;
  if (value !== undefined) return coerceInputValue(value, type);
  return definition.defaultValue && coerceInputLiteral(definition.defaultValue, type);
}
