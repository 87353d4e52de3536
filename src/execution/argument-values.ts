/**
 * The arguments of a field, coerced as far as the document decides them.
 *
 * A resolver gets an object of its own in every call, with values of its own inside it, as from graphql-js: what it
 * changes there is seen by nobody else. (A default value is one object for everybody, in graphql-js too.) Whatever
 * is invalid is left to graphql-js's own coercion at request time, so that its error is graphql-js's.
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

/** Throws what graphql-js throws where an argument is invalid. */
export type ReadArguments = (execution: Execution) => ArgumentValues;

export interface PlannedArguments {
  readonly read: ReadArguments;
  /** Whether reading them can throw: a default resolver need not read what it never looks at. */
  readonly mayThrow: boolean;
}

/**
 * Inherits nothing, as graphql-js's `Object.create(null)`, but V8 keeps it as it keeps instances of a class, where an
 * object without a prototype is a dictionary: three times as long to make, and several times as large.
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

/** What an argument is where no variable has a say: its literal, its default, or nothing. */
function constantValue(argument: GraphQLArgument, node: FieldNode): unknown {
  try {
    const values = getArgumentValues({ args: [argument] } as unknown as GraphQLField<unknown, unknown>, node);
    return Object.hasOwn(values, argument.name) ? values[argument.name] : ABSENT;
  } catch {
    // graphql-js throws the same again when the field is executed, which is where the error belongs.
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
