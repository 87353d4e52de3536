/** The variables of an operation, coerced by signatures that were read once. */
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
  /** How many errors are told before coercion gives up. */
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
 * Values that are valid are coerced here; as soon as one is not, graphql-js coerces them all, whose errors these are.
 *
 * @param definitions whose types are input types of the schema.
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

/** A value that nobody can change is coerced once. */
function planDefault(coerce: () => unknown): () => unknown {
  const value = coerce();
  return typeof value === 'object' && value !== null ? coerce : () => value;
}
