/**
 * The arguments of a field. Values that depend on the document alone are coerced once.
 *
 * As in graphql-js, each call of a resolver gets new objects, so that its changes to them stay invisible to others.
 * (Default values are shared, as in graphql-js.) Invalid values are coerced by graphql-js at request time, so that the
 * errors are its own.
 */
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
  visit,
} from 'graphql';
import type { Execution } from './execution.ts';

export type ArgumentValues = Record<string, unknown>;

/** @throws the error of graphql-js if an argument is invalid. */
export type ReadArguments = (execution: Execution) => ArgumentValues;

export interface PlannedArguments {
  readonly read: ReadArguments;
  /** True if reading can throw. A default resolver uses no arguments, so it skips reading that cannot throw. */
  readonly mayThrow: boolean;
}

/**
 * Inherits nothing, like graphql-js's `Object.create(null)`. V8 makes that a dictionary, which takes three times as long
 * to make and is several times as large as this instance of a class.
 */
class Arguments {
  [name: string]: unknown;
}
Reflect.deleteProperty(Arguments.prototype, 'constructor');
Object.freeze(Object.setPrototypeOf(Arguments.prototype, null));

const ABSENT = Symbol('absent');
const INVALID = Symbol('invalid');

interface ArgumentSource {
  readonly name: string;
  readonly valueAt: (execution: Execution) => unknown;
}

export function planArguments(definition: GraphQLField<unknown, unknown>, node: FieldNode): PlannedArguments {
  if (definition.args.length === 0) return { read: () => new Arguments(), mayThrow: false };

  const asGraphQLJs: ReadArguments = (execution) =>
    getArgumentValues(
      definition,
      node,
      execution.input.variableValues,
      undefined,
      execution.input.hideSuggestions,
    );
  const sources: ArgumentSource[] = [];
  let mayThrow = false;
  for (const argument of definition.args) {
    const value = node.arguments?.findLast(({ name }) => name.value === argument.name)?.value;
    const constant = value === undefined || isConstant(value) ? constantValue(argument, node) : undefined;
    if (constant === INVALID) return { read: asGraphQLJs, mayThrow: true };
    if (constant === ABSENT) continue;
    if (constant !== undefined && (value === undefined || !isObject(constant))) {
      sources.push({ name: argument.name, valueAt: () => constant });
    } else if (value !== undefined) {
      mayThrow ||= constant === undefined;
      sources.push({ name: argument.name, valueAt: valueAtRequest(argument, node, value) });
    }
  }

  const read: ReadArguments = (execution) => {
    const values: ArgumentValues = new Arguments();
    for (const { name, valueAt } of sources) {
      const value = valueAt(execution);
      if (value === INVALID) return asGraphQLJs(execution);
      if (value !== ABSENT) values[name] = value;
    }
    return values;
  };
  return { read, mayThrow };
}

/** The value without variables: the literal, the default value, or nothing. */
function constantValue(argument: GraphQLArgument, node: FieldNode): unknown {
  try {
    const values = getArgumentValues({ args: [argument] } as unknown as GraphQLField<unknown, unknown>, node);
    return Object.hasOwn(values, argument.name) ? values[argument.name] : ABSENT;
  } catch {
    // graphql-js throws the same error again when the field is executed.
    return INVALID;
  }
}

function valueAtRequest(
  argument: GraphQLArgument,
  node: FieldNode,
  value: ValueNode,
): (execution: Execution) => unknown {
  if (value.kind !== Kind.VARIABLE) {
    return ({ input }) => {
      const coerced = coerceInputLiteral(value, argument.type, input.variableValues);
      return coerced === undefined ? INVALID : coerced;
    };
  }
  const variable = value.name.value;
  const absent = isRequiredArgument(argument) ? INVALID : constantValue(argument, { ...node, arguments: [] });
  const isNonNull = isNonNullType(argument.type);
  return ({ coercedVariables }) => {
    if (!Object.hasOwn(coercedVariables, variable)) return absent;
    const coerced = coercedVariables[variable];
    return isNonNull && (coerced === null || coerced === undefined) ? INVALID : coerced;
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
