import { type FieldNode, GraphQLError, type GraphQLObjectType } from 'graphql';
import { executeFields } from './execute-fields.ts';
import type { Execution, Path } from './execution.ts';
import { inspected } from './inspected.ts';
import type { Complete, ObjectPlan, PlannedField, PlanScope } from './plan.ts';
import { isPromiseLike } from './promise-like.ts';
import { asPromise, forwarded } from './promised-value.ts';
import { resolveInfoAbove } from './resolve-info.ts';

/** The value must be neither null nor an error, and the path is required. */
export function planObjectValue(scope: PlanScope, field: PlannedField, type: GraphQLObjectType): Complete {
  const selectionSets = field.nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  let plan: ObjectPlan | undefined;
  const executed = (execution: Execution, value: unknown, path: Path | undefined) => {
    // Planned for the first value, so that branches without values cost nothing.
    plan ??= scope.planObject(type, selectionSets);
    return executeFields(plan, execution, value, path);
  };
  if (typeof type.isTypeOf !== 'function') return executed;

  return (execution, value, path, info) => {
    const isOfType = type.isTypeOf?.(
      value,
      execution.contextValue,
      info ?? resolveInfoAbove(execution, field, path as Path),
    );
    if (!isPromiseLike(isOfType)) {
      if (!isOfType) throw wrongType(type, value, field);
      return executed(execution, value, path);
    }
    const completed = isOfType.then((resolved) => {
      execution.throwIfAborted();
      if (!resolved) throw wrongType(type, value, field);
      return asPromise(executed(execution, value, path));
    });
    return forwarded(execution, completed);
  };
}

const wrongType = (type: GraphQLObjectType, value: unknown, { nodes }: PlannedField) =>
  new GraphQLError(`Expected value of type "${type}" but got: ${inspected(value)}.`, {
    nodes: nodes as FieldNode[],
  });
