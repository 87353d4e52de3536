import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  isObjectType,
} from 'graphql';
import { planObjectValue } from './complete-object.ts';
import type { Path } from './execution.ts';
import { inspected } from './inspected.ts';
import type { Complete, PlannedField, PlanScope } from './plan.ts';
import { isPromiseLike } from './promise-like.ts';
import { asPromise, forwarded } from './promised-value.ts';
import { resolveInfoAbove } from './resolve-info.ts';

/** The value must be neither null nor an error, and the path is required. */
export function planAbstractValue(
  scope: PlanScope,
  field: PlannedField,
  type: GraphQLAbstractType,
): Complete {
  const completeByTypeName = new Map<string, Complete>();
  const completionFor = (typeName: unknown, value: unknown): Complete => {
    const known = completeByTypeName.get(typeName as string);
    if (known !== undefined) return known;
    const objectType = validRuntimeType(scope, field, type, typeName, value);
    const complete = planObjectValue(scope, field, objectType);
    completeByTypeName.set(objectType.name, complete);
    return complete;
  };

  return (execution, value, path, info) => {
    const typeResolver = type.resolveType ?? execution.input.typeResolver;
    if (typeResolver === undefined) {
      const named = (value as { __typename?: unknown }).__typename;
      if (typeof value === 'object' && typeof named === 'string') {
        return completionFor(named, value)(execution, value, path, info);
      }
    }
    const fieldInfo = info ?? resolveInfoAbove(execution, field, path as Path);
    const typeName: unknown = (typeResolver ?? defaultTypeResolver)(
      value,
      execution.contextValue,
      fieldInfo,
      type,
    );
    if (!isPromiseLike(typeName)) {
      return completionFor(typeName, value)(execution, value, path, fieldInfo);
    }
    const completed = typeName.then((resolved) => {
      execution.throwIfAborted();
      return asPromise(completionFor(resolved, value)(execution, value, path, fieldInfo));
    });
    return forwarded(execution, completed);
  };
}

function validRuntimeType(
  { schema }: PlanScope,
  { nodes: fieldNodes, parentType, definition }: PlannedField,
  type: GraphQLAbstractType,
  typeName: unknown,
  value: unknown,
): GraphQLObjectType {
  const nodes = fieldNodes as FieldNode[];
  const mustResolve = `Abstract type "${type}" must resolve to an Object type at runtime for field "${parentType}.${definition.name}"`;
  if (typeName === null || typeName === undefined) {
    throw new GraphQLError(
      `${mustResolve}. Either the "${type}" type should provide a "resolveType" function ` +
        'or each possible type should provide an "isTypeOf" function.',
      { nodes },
    );
  }
  if (typeof typeName !== 'string') {
    throw new GraphQLError(
      `${mustResolve} with value ${inspected(value)}, received "${inspected(typeName)}", ` +
        'which is not a valid Object type name.',
    );
  }
  const runtimeType = schema.getType(typeName);
  if (runtimeType === undefined || runtimeType === null) {
    throw new GraphQLError(
      `Abstract type "${type}" was resolved to a type "${typeName}" that does not exist inside the schema.`,
      { nodes },
    );
  }
  if (!isObjectType(runtimeType)) {
    throw new GraphQLError(`Abstract type "${type}" was resolved to a non-object type "${typeName}".`, {
      nodes,
    });
  }
  if (!schema.isSubType(type, runtimeType)) {
    throw new GraphQLError(`Runtime Object type "${runtimeType}" is not a possible type for "${type}".`, {
      nodes,
    });
  }
  return runtimeType;
}
