/** CollectFields of the GraphQL specification (section 6.3.2), for known values of `@skip` and `@include`. */
import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import type { PlanScope } from './plan.ts';

/** Response name → its nodes, in the order of the response. */
export type GroupedFields = ReadonlyMap<string, readonly FieldNode[]>;

export function collectFields(
  scope: PlanScope,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): GroupedFields {
  const grouped = new Map<string, FieldNode[]>();
  const visitedFragments = new Set<string>();

  const visit = (selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      if (!isIncluded(scope, selection.directives)) continue;
      if (selection.kind === Kind.FIELD) {
        const responseName = selection.alias?.value ?? selection.name.value;
        const nodes = grouped.get(responseName);
        if (nodes === undefined) grouped.set(responseName, [selection]);
        else nodes.push(selection);
        continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (conditionHolds(scope, selection, type)) visit(selection.selectionSet);
        continue;
      }
      const name = selection.name.value;
      const fragment = scope.fragments[name];
      if (fragment === undefined || visitedFragments.has(name)) continue;
      if (!conditionHolds(scope, fragment, type)) continue;
      visitedFragments.add(name);
      visit(fragment.selectionSet);
    }
  };

  for (const selectionSet of selectionSets) visit(selectionSet);
  return grouped;
}

/** The first directive of that name: graphql-js ignores repeated ones. */
export function directiveNamed(directives: readonly DirectiveNode[] | undefined, name: string) {
  return directives?.find((directive) => directive.name.value === name);
}

function isIncluded(scope: PlanScope, directives: readonly DirectiveNode[] | undefined): boolean {
  if (directives === undefined || directives.length === 0) return true;
  const skip = directiveNamed(directives, 'skip');
  if (skip !== undefined && ifOf(scope, skip)) return false;
  const include = directiveNamed(directives, 'include');
  return include === undefined || ifOf(scope, include);
}

function ifOf(scope: PlanScope, directive: DirectiveNode): boolean {
  const value = directive.arguments?.[0]?.value;
  if (value?.kind === Kind.BOOLEAN) return value.value;
  const decided = value?.kind === Kind.VARIABLE ? scope.conditions.get(value.name.value) : undefined;
  if (decided === undefined) throw new Error('a plan holds a condition that its coverage did not check');
  return decided;
}

function conditionHolds(
  scope: PlanScope,
  fragment: FragmentDefinitionNode | InlineFragmentNode,
  type: GraphQLObjectType,
): boolean {
  if (fragment.typeCondition === undefined) return true;
  const condition = typeFromAST(scope.schema, fragment.typeCondition);
  if (condition === type) return true;
  return isAbstractType(condition) && scope.schema.isSubType(condition, type);
}
