import {
  type GraphQLInputType,
  type GraphQLNamedInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isSpecifiedScalarType,
} from 'graphql';

/**
 * True if reading a value of the type may call functions of a custom scalar. They may throw the same error object each
 * time, or count their calls, so graphql-js calls them: once for a valid value, twice for an invalid one.
 */
export function holdsCustomScalar(type: GraphQLInputType, seen = new Set<GraphQLNamedInputType>()): boolean {
  const named = getNamedType(type);
  if (seen.has(named) || isEnumType(named)) return false;
  seen.add(named);
  if (!isInputObjectType(named)) return !isSpecifiedScalarType(named);
  return Object.values(named.getFields()).some((field) => holdsCustomScalar(field.type, seen));
}
