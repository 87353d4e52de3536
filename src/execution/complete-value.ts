/** CompleteValue of the GraphQL specification (section 6.4.3). The type is examined once, when planning. */
import {
  type GraphQLLeafType,
  type GraphQLNullableOutputType,
  type GraphQLOutputType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { planAbstractValue } from './complete-abstract.ts';
import { planLeaf } from './complete-leaf.ts';
import { planList } from './complete-list.ts';
import { planObjectValue } from './complete-object.ts';
import type { Complete, PlannedField, PlanScope } from './plan.ts';

export function planCompletion(scope: PlanScope, field: PlannedField, type: GraphQLOutputType): Complete {
  const whenNull = isNonNullType(type) ? () => notNull(field) : () => null;
  const nullable = getNullableType(type);
  if (isLeafType(nullable)) return planLeaf(nullable, whenNull);
  const complete = planComposite(scope, field, nullable);
  return (execution, value, path, info) => {
    if (value === null || value === undefined) return whenNull();
    if (value instanceof Error) throw value;
    return complete(execution, value, path, info);
  };
}

function notNull({ parentType, definition }: PlannedField): never {
  throw new Error(`Cannot return null for non-nullable field ${parentType}.${definition.name}.`);
}

function planComposite(
  scope: PlanScope,
  field: PlannedField,
  type: Exclude<GraphQLNullableOutputType, GraphQLLeafType>,
): Complete {
  if (isListType(type)) {
    const { ofType } = type;
    return planList(field, {
      nullable: !isNonNullType(ofType),
      nodes: field.nodes,
      complete: planCompletion(scope, field, ofType),
      isLeaf: isLeafType(getNullableType(ofType)),
    });
  }
  return isAbstractType(type) ? planAbstractValue(scope, field, type) : planObjectValue(scope, field, type);
}
