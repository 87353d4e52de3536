/** Coerces the variables of an operation. Their definitions are read once, when planning. */
import {
  coerceInputLiteral,
  coerceInputValue,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
  type VariableValues,
} from 'graphql';

type Sources = VariableValues['sources'];

export interface CoercionOptions {
  /** Coercion stops after this many errors. */
  readonly maxErrors: number;
  readonly hideSuggestions: boolean;
}

type RawValues = { readonly [variable: string]: unknown };
export type CoerceVariables = (
  values: RawValues,
  options: CoercionOptions,
) => { variableValues: VariableValues } | { errors: readonly GraphQLError[] };

interface PlannedVariable {
  readonly signature: Sources[string]['signature'];
  readonly isNonNull: boolean;
  readonly coerceDefault: (() => unknown) | undefined;
}

/**
 * Coerces valid values. If one is invalid, graphql-js coerces all of them, so that the errors are its own.
 *
 * @param definitions their types must be input types of the schema.
 */
export function planVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): CoerceVariables {
  const variables = definitions.map((definition) => planVariable(schema, definition));

  return (values, options) => {
    const sources: Record<string, Sources[string]> = Object.create(null);
    const coerced: Record<string, unknown> = Object.create(null);
    for (const { signature, isNonNull, coerceDefault } of variables) {
      const { name, type } = signature;
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      let coercedValue: unknown;
      if (value !== undefined) {
        sources[name] = { signature, value };
        coercedValue = coerceInputValue(value, type);
      } else {
        sources[name] = { signature };
        if (coerceDefault === undefined && !isNonNull) continue;
        coercedValue = coerceDefault?.();
      }
      if (coercedValue === undefined) {
        const byGraphQLJs = getVariableValues(schema, definitions, values, options);
        return byGraphQLJs.errors === undefined ? byGraphQLJs : { errors: byGraphQLJs.errors };
      }
      coerced[name] = coercedValue;
    }
    return { variableValues: { sources, coerced } };
  };
}

function planVariable(schema: GraphQLSchema, definition: VariableDefinitionNode): PlannedVariable {
  const { defaultValue } = definition;
  const type = typeFromAST(schema, definition.type) as GraphQLInputType;
  const signature = {
    name: definition.variable.name.value,
    type,
    default: defaultValue && { literal: defaultValue },
  };
  const coerceDefault = defaultValue && planDefault(() => coerceInputLiteral(defaultValue, type));
  return { signature, isNonNull: isNonNullType(type), coerceDefault };
}

/** Primitives are coerced once; an object is made for each execution, because resolvers may change it. */
function planDefault(coerce: () => unknown): () => unknown {
  const value = coerce();
  return typeof value === 'object' && value !== null ? coerce : () => value;
}
