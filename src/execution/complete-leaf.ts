/** Leaf values: what a scalar or an enum makes of what a resolver gave. */
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
} from 'graphql';
import { inspected } from './inspected.ts';
import { forwarded } from './pending.ts';
import type { Complete } from './plan.ts';

const isString = (value: unknown) => typeof value === 'string';

/** The values that a type of the specification answers with as they are, by far most of all. */
const AS_IT_IS = new Map<GraphQLLeafType, { check: (value: unknown) => boolean; coerce: unknown }>([
  [GraphQLString, { check: isString, coerce: GraphQLString.coerceOutputValue }],
  [GraphQLID, { check: isString, coerce: GraphQLID.coerceOutputValue }],
  [
    GraphQLBoolean,
    { check: (value) => typeof value === 'boolean', coerce: GraphQLBoolean.coerceOutputValue },
  ],
  [
    GraphQLInt,
    {
      check: (value) => typeof value === 'number' && (value | 0) === value,
      coerce: GraphQLInt.coerceOutputValue,
    },
  ],
  [
    GraphQLFloat,
    {
      check: (value) => typeof value === 'number' && Number.isFinite(value),
      coerce: GraphQLFloat.coerceOutputValue,
    },
  ],
]);

export function planLeaf(type: GraphQLLeafType): Complete {
  const asItIs = AS_IT_IS.get(type);
  // A project may have put another coercion into a scalar of the specification.
  const check = asItIs?.coerce === type.coerceOutputValue ? asItIs.check : undefined;

  return (execution, value) => {
    if (check?.(value)) return value;
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    const coerced = type.coerceOutputValue(value);
    if (coerced === null || coerced === undefined) {
      throw new Error(
        `Expected \`${type}.coerceOutputValue(${inspected(value)})\` to ` +
          `return non-nullable value, returned: ${inspected(coerced)}`,
      );
    }
    return typeof coerced === 'object' ? forwarded(execution, coerced) : coerced;
  };
}
