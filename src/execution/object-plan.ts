import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import { collectFields } from './collect-fields.ts';
import type { PlannedOperation } from './execution.ts';
import { planField } from './field-plan.ts';
import type { FieldPlan, ObjectPlan, PlanScope } from './plan.ts';

/** The root of an operation, planned for one combination of its conditions; what is below it is planned when reached. */
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
    // A field the type does not have is left out, as graphql-js does with documents nobody validated.
    if (field !== undefined) fields.push(field);
  }
  return { fields, hasPrototypeName: fields.some(({ responseName }) => responseName === '__proto__') };
}
