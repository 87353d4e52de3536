import type { GraphQLResolveInfo } from 'graphql';
import type { Execution, Path } from './execution.ts';
import type { PlannedField } from './plan.ts';

/** A plain object of own properties, as graphql-js's: resolvers and plugins spread it and list its keys. */
export function resolveInfo(execution: Execution, field: PlannedField, path: Path): GraphQLResolveInfo {
  const { planned, input } = execution;
  return {
    fieldName: field.definition.name,
    fieldNodes: field.nodes,
    returnType: field.definition.type,
    parentType: field.parentType,
    path,
    schema: planned.schema,
    fragments: planned.fragments as GraphQLResolveInfo['fragments'],
    rootValue: input.rootValue,
    operation: planned.operation,
    variableValues: input.variableValues,
    getAbortSignal: () => execution.abortSignal(),
    getAsyncHelpers: () => execution.asyncHelpers(),
  };
}

/** For a value at `path`, which may be an item of the field's list: the info of its field. */
export function resolveInfoAbove(execution: Execution, field: PlannedField, path: Path): GraphQLResolveInfo {
  let fieldPath = path;
  while (typeof fieldPath.key === 'number' && fieldPath.prev !== undefined) fieldPath = fieldPath.prev;
  return resolveInfo(execution, field, fieldPath);
}
