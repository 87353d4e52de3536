import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
} from 'graphql';
import type { Execution } from './execution.ts';
import { inspected } from './inspected.ts';
import type { Complete } from './plan.ts';
import { forwarded } from './promised-value.ts';

/** @returns null, or throws the error of a non-null field. */
export type WhenNull = () => null;

const COERCIONS = new Map(
  [GraphQLString, GraphQLID, GraphQLBoolean, GraphQLInt, GraphQLFloat].map((type) => [
    type as GraphQLLeafType,
    type.coerceOutputValue,
  ]),
);

/** The scalars of the specification return most values unchanged; these values skip coercion. */
export function planLeaf(type: GraphQLLeafType, whenNull: WhenNull): Complete {
  const coerce = planCoercion(type, whenNull);
  // A project may have replaced the coercion of a scalar of the specification.
  if (COERCIONS.get(type) !== type.coerceOutputValue) return coerce;
  switch (type) {
    case GraphQLInt:
      return (execution, value) =>
        typeof value === 'number' && (value | 0) === value ? value : coerce(execution, value);
    case GraphQLFloat:
      return (execution, value) =>
        typeof value === 'number' && Number.isFinite(value) ? value : coerce(execution, value);
    case GraphQLBoolean:
      return (execution, value) => (typeof value === 'boolean' ? value : coerce(execution, value));
    default:
      return (execution, value) => (typeof value === 'string' ? value : coerce(execution, value));
  }
}

function planCoercion(type: GraphQLLeafType, whenNull: WhenNull) {
  return (execution: Execution, value: unknown): unknown => {
    if (value === null || value === undefined) return whenNull();
    if (value instanceof Error) throw value;
    const coerced: unknown = type.coerceOutputValue(value);
    if (coerced === null || coerced === undefined) {
      throw new Error(
        `Expected \`${type}.coerceOutputValue(${inspected(value)})\` to ` +
          `return non-nullable value, returned: ${inspected(coerced)}`,
      );
    }
    return typeof coerced === 'object' ? forwarded(execution, coerced) : coerced;
  };
}
