import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
} from 'graphql';
import { LIST_MAX_ITEMS } from '../config.ts';
import { lazyObjectOf, type VariableSource } from './cost-arguments.ts';
import type { Choose } from './greatest-over-choices.ts';

/**
 * Any value that a variable may have, as far as a cost may depend on it: each value of an enum, a number or a list at its
 * bound, an input object with any of its fields, or nothing. All items of a list are alike: the dearest list has the
 * dearest item everywhere. An input object holds none of its own type, so that the values are finite.
 *
 * @param bounds by the name of the variable
 */
export function possibleVariables(bounds: Readonly<Record<string, number>>): VariableSource {
  const boundOf = new Map(Object.entries(bounds));
  return {
    read: (name, type, choose) => possibleValue(type, boundOf.get(name), choose, []),
    objectOf: lazyObjectOf,
  };
}

function possibleValue(
  type: GraphQLInputType,
  bound: number | undefined,
  choose: Choose,
  within: readonly GraphQLInputObjectType[],
): unknown {
  const inner = getNullableType(type);
  const hasNoValue = isInputObjectType(inner)
    ? within.includes(inner)
    : isScalarType(inner) && (inner !== GraphQLInt || bound === undefined);
  if (hasNoValue || (!isNonNullType(type) && choose([false, true]))) return undefined;
  if (isScalarType(inner)) return bound;
  if (isEnumType(inner)) return choose(inner.getValues().map(({ value }) => value));
  if (isListType(inner)) {
    const item = possibleValue(inner.ofType, undefined, choose, within);
    return Array.from({ length: bound ?? LIST_MAX_ITEMS }, () => item);
  }
  return lazyObjectOf(
    Object.values(inner.getFields()).map((field) => [
      field.name,
      () => possibleValue(field.type, undefined, choose, [...within, inner]),
    ]),
  );
}
