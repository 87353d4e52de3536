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
import { BareObject } from './bare-object.ts';
import { holdsCustomScalar } from './custom-scalars.ts';

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
  readonly definition: VariableDefinitionNode;
  readonly signature: Sources[string]['signature'];
  readonly isNonNull: boolean;
  readonly holdsCustomScalar: boolean;
  readonly coerceDefault: (() => unknown) | undefined;
}

/**
 * Coerces valid values. graphql-js coerces invalid ones, so that the errors are its own, and values of custom scalars,
 * so that it calls their functions and nothing calls them more often.
 *
 * @param definitions their types must be input types of the schema.
 */
export function planVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): CoerceVariables {
  const variables = definitions.map((definition) => planVariable(schema, definition));

  return (values, options) => {
    const sources = new BareObject<Sources[string]>();
    const coerced = new BareObject<unknown>();
    /** The errors of variables from a position on, behind those of the variables before it. */
    const refusal = (found: readonly GraphQLError[], from: number) => {
      const maxErrors = options.maxErrors - found.length;
      // graphql-js stops after the greatest number of errors.
      if (maxErrors < 0) return { errors: found };
      const rest = getVariableValues(schema, definitions.slice(from), values, { ...options, maxErrors });
      return { errors: [...found, ...(rest.errors ?? [])] };
    };
    for (const [position, variable] of variables.entries()) {
      const { definition, signature, isNonNull, coerceDefault } = variable;
      const { name, type } = signature;
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const isAbsent = value === undefined && definition.defaultValue === undefined && !isNonNull;
      if (variable.holdsCustomScalar && !isAbsent) {
        const read = getVariableValues(schema, [definition], values, options);
        if (read.errors !== undefined) return refusal(read.errors, position + 1);
        Object.assign(sources, read.variableValues.sources);
        Object.assign(coerced, read.variableValues.coerced);
        continue;
      }
      sources[name] = value === undefined ? { signature } : { signature, value };
      if (isAbsent) continue;
      const coercedValue = value === undefined ? coerceDefault?.() : coerceInputValue(value, type);
      if (coercedValue === undefined) return refusal([], position);
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
  const isCustom = holdsCustomScalar(type);
  const coerceDefault =
    defaultValue && !isCustom ? planDefault(() => coerceInputLiteral(defaultValue, type)) : undefined;
  return {
    definition,
    signature,
    isNonNull: isNonNullType(type),
    holdsCustomScalar: isCustom,
    coerceDefault,
  };
}

/** Primitives are coerced once; an object is made for each execution, because resolvers may change it. */
function planDefault(coerce: () => unknown): () => unknown {
  const value = coerce();
  return typeof value === 'object' && value !== null ? coerce : () => value;
}
