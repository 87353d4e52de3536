/** CompleteValue of the GraphQL specification (section 6.4.3), with the questions about the type asked once. */
import {
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
  if (!isNonNullType(type)) return planNullable(scope, field, type);
  const complete = planNullable(scope, field, type.ofType);
  const { parentType, definition } = field;
  return (execution, value, path, info) => {
    const completed = complete(execution, value, path, info);
    if (completed !== null) return completed;
    throw new Error(`Cannot return null for non-nullable field ${parentType}.${definition.name}.`);
  };
}

function planNullable(scope: PlanScope, field: PlannedField, type: GraphQLOutputType): Complete {
  if (isLeafType(type)) return planLeaf(type);
  const complete = planComposite(scope, field, type);
  return (execution, value, path, info) => {
    if (value === null || value === undefined) return null;
    if (value instanceof Error) throw value;
    return complete(execution, value, path, info);
  };
}

function planComposite(scope: PlanScope, field: PlannedField, type: GraphQLOutputType): Complete {
  if (isListType(type)) {
    const { ofType } = type;
    return planList(field, {
      nullable: !isNonNullType(ofType),
      nodes: field.nodes,
      complete: planCompletion(scope, field, ofType),
      isLeaf: isLeafType(getNullableType(ofType)),
    });
  }
  if (isAbstractType(type)) return planAbstractValue(scope, field, type);
  if (isLeafType(type) || isNonNullType(type)) throw new Error(`${type} is not a composite type`);
  return planObjectValue(scope, field, type);
}
