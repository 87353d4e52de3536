import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import { collectFields } from './collect-fields.ts';
import type { PlannedOperation } from './execution.ts';
import { planField } from './field-plan.ts';
import type { FieldPlan, ObjectPlan, PlanScope } from './plan.ts';

/** Plans the root for one combination of conditions. Objects below it are planned when first reached. */
export function planRoot(
  operation: PlannedOperation,
  rootType: GraphQLObjectType,
  conditions: ReadonlyMap<string, boolean>,
): ObjectPlan {
  const scope: PlanScope = {
    ...operation,
    conditions,
    planObject: (type, selectionSets) => planObject(scope, type, selectionSets),
  };
  return scope.planObject(rootType, [operation.operation.selectionSet]);
}

function planObject(
  scope: PlanScope,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): ObjectPlan {
  const fields: FieldPlan[] = [];
  for (const [responseName, nodes] of collectFields(scope, type, selectionSets)) {
    const field = planField(scope, type, responseName, nodes);
    // Like graphql-js, skips unknown fields of documents that were not validated.
    if (field !== undefined) fields.push(field);
  }
  return { fields, hasPrototypeName: fields.some(({ responseName }) => responseName === '__proto__') };
}
