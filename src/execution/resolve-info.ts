import type { GraphQLResolveInfo } from 'graphql';
import type { Execution, Path } from './execution.ts';
import type { PlannedField } from './plan.ts';

/** Like graphql-js's, it has own properties only: resolvers and plugins spread it and list its keys. */
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

/** The info of the field of a value; `path` may end in indexes of lists. */
export function resolveInfoAbove(execution: Execution, field: PlannedField, path: Path): GraphQLResolveInfo {
  let fieldPath = path;
  while (typeof fieldPath.key === 'number' && fieldPath.prev !== undefined) fieldPath = fieldPath.prev;
  return resolveInfo(execution, field, fieldPath);
}
