/** The value of one argument of a field: kept from planning, or read at request time. */
import {
  coerceInputLiteral,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  getArgumentValues,
  isNonNullType,
  isRequiredArgument,
  Kind,
  type ValueNode,
  type VariableNode,
  type VariableValues,
  visit,
} from 'graphql';
import { holdsCustomScalar } from './custom-scalars.ts';
import type { Execution } from './execution.ts';

/** The value of an argument that has none. */
export const ABSENT = Symbol('absent');

/** Throws the error of graphql-js if the value is invalid; `ABSENT` where there is none. */
type ValueAt = (execution: Execution) => unknown;

export interface ArgumentSource {
  readonly name: string;
  readonly valueAt: ValueAt;
  readonly mayThrow: boolean;
}

/** Null if the argument never has a value. */
export function argumentSource(argument: GraphQLArgument, node: FieldNode): ArgumentSource | null {
  const { name, type } = argument;
  const value = node.arguments?.findLast((given) => given.name.value === name)?.value;
  const byGraphQLJs: ValueAt = ({ input }) =>
    valueByGraphQLJs(argument, node, input.variableValues, input.hideSuggestions);
  if (value === undefined) {
    const byDefault = defaultOf(argument, node);
    if (byDefault === undefined) return { name, valueAt: byGraphQLJs, mayThrow: true };
    return byDefault.value === ABSENT ? null : { name, valueAt: () => byDefault.value, mayThrow: false };
  }
  if (value.kind === Kind.VARIABLE) {
    return { name, valueAt: valueOfVariable(argument, node, value, byGraphQLJs), mayThrow: true };
  }
  if (holdsCustomScalar(type)) {
    return { name, valueAt: isConstant(value) ? onceIfPrimitive(byGraphQLJs) : byGraphQLJs, mayThrow: true };
  }
  const coerce = (variableValues?: VariableValues) => coerceInputLiteral(value, type, variableValues);
  if (!isConstant(value)) {
    return {
      name,
      valueAt: (execution) => coerce(execution.input.variableValues) ?? byGraphQLJs(execution),
      mayThrow: true,
    };
  }
  const constant = coerce();
  if (constant === undefined) return { name, valueAt: byGraphQLJs, mayThrow: true };
  return { name, valueAt: isObject(constant) ? () => coerce() : () => constant, mayThrow: false };
}

/** The argument's value as graphql-js makes it, or its error. */
function valueByGraphQLJs(
  argument: GraphQLArgument,
  node: FieldNode,
  variableValues?: VariableValues,
  hideSuggestions?: boolean,
): unknown {
  const alone = { args: [argument] } as unknown as GraphQLField<unknown, unknown>;
  const values = getArgumentValues(alone, node, variableValues, undefined, hideSuggestions);
  return Object.hasOwn(values, argument.name) ? values[argument.name] : ABSENT;
}

/**
 * The value without one in the document: `ABSENT` where there is no default. Undefined where graphql-js must be asked
 * at request time: for a required argument, for a custom scalar, and for an invalid default of a schema that was not
 * validated.
 *
 * @param node without the argument
 */
function defaultOf(argument: GraphQLArgument, node: FieldNode): { value: unknown } | undefined {
  if (isRequiredArgument(argument)) return undefined;
  if (argument.default === undefined && argument.defaultValue === undefined) return { value: ABSENT };
  if (holdsCustomScalar(argument.type)) return undefined;
  try {
    return { value: valueByGraphQLJs(argument, node) };
  } catch {
    return undefined;
  }
}

/** A primitive of a constant is kept; an object is made for each call, because resolvers may change it. */
function onceIfPrimitive(valueAt: ValueAt): ValueAt {
  let known: { value: unknown } | undefined;
  return (execution) => {
    if (known !== undefined) return known.value;
    const value = valueAt(execution);
    if (!isObject(value)) known = { value };
    return value;
  };
}

function valueOfVariable(
  argument: GraphQLArgument,
  node: FieldNode,
  value: VariableNode,
  byGraphQLJs: ValueAt,
): ValueAt {
  const variable = value.name.value;
  const absent = defaultOf(argument, { ...node, arguments: [] });
  const isNonNull = isNonNullType(argument.type);
  return (execution) => {
    const { coercedVariables } = execution;
    if (!Object.hasOwn(coercedVariables, variable)) return absent ? absent.value : byGraphQLJs(execution);
    const coerced = coercedVariables[variable];
    return isNonNull && (coerced === null || coerced === undefined) ? byGraphQLJs(execution) : coerced;
  };
}

function isConstant(value: ValueNode): boolean {
  let constant = true;
  visit(value, {
    Variable: () => {
      constant = false;
    },
  });
  return constant;
}

const isObject = (value: unknown) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';
