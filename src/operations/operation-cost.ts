/**
 * The cost of an operation: for each field its own cost, plus the cost of its selection times the number of items. The
 * schema states the costs (`complexity` of a field, as in `@pothos/plugin-complexity`).
 *
 * Unlike the plugin's own count, it accepts missing and invalid variables: execution reports them. The document must be
 * without cycles of fragments.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { OPERATION_MAX_COST } from '../config.ts';
import { readArguments, type VariableSource } from './cost-arguments.ts';
import { givenVariables } from './given-variables.ts';
import { greatestOverChoices } from './greatest-over-choices.ts';
import { possibleVariables } from './possible-variables.ts';

const FIELD_COST = 1;
/** Assumed for a list without a stated length. */
const DEFAULT_LIST_ITEMS = 10;

type FieldCost = number | { field?: number; multiplier?: number };

/** False for a cost that is no number, too. */
export const isAllowedCost = (cost: number) => cost <= OPERATION_MAX_COST;

/** The cost with these variables, as the client sent them. */
export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  operationName?: string,
): number {
  const operation = getOperationAST(document, operationName);
  if (!operation) return 0;
  return costOf(schema, document, givenVariables(schema, operation, variables), operationName);
}

/**
 * The greatest cost with any variables: each list as long as `bounds` allows, and each enum at its dearest value.
 *
 * @param bounds by the name of the variable, as in `variableBoundsOf`
 */
export function greatestOperationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  bounds: Readonly<Record<string, number>>,
  operationName?: string,
): number {
  return costOf(schema, document, possibleVariables(bounds), operationName);
}

function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: VariableSource,
  operationName?: string,
): number {
  const operation = getOperationAST(document, operationName);
  const rootType = operation && schema.getRootType(operation.operation);
  if (!operation || rootType == null) return 0;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return selectionCost(operation.selectionSet, rootType, {
    schema,
    fragments,
    variables,
    known: new Map(),
  });
}

interface Counting {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  variables: VariableSource;
  /** Costs already counted, by type: a fragment may be spread many times. */
  known: Map<SelectionSetNode, Map<GraphQLNamedType, number>>;
}

function selectionCost(selectionSet: SelectionSetNode, type: GraphQLNamedType, counting: Counting): number {
  const byType = counting.known.get(selectionSet) ?? new Map<GraphQLNamedType, number>();
  counting.known.set(selectionSet, byType);
  const known = byType.get(type);
  if (known !== undefined) return known;
  let cost = 0;
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) {
      cost += fieldCost(selection, type, counting);
      continue;
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : counting.fragments.get(selection.name.value);
    if (fragment === undefined) continue;
    const condition = fragment.typeCondition?.name.value;
    const within = condition === undefined ? type : (counting.schema.getType(condition) ?? type);
    cost += selectionCost(fragment.selectionSet, within, counting);
  }
  byType.set(type, cost);
  return cost;
}

function fieldCost(node: FieldNode, parent: GraphQLNamedType, counting: Counting): number {
  const field =
    isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
  // `__typename` or introspection, which read no data.
  if (field === undefined) return FIELD_COST;
  const stated = field.extensions.complexity;
  const ofOneItem =
    node.selectionSet === undefined
      ? null
      : selectionCost(node.selectionSet, getNamedType(field.type), counting);
  if (typeof stated !== 'function') return statedCost(stated as FieldCost | undefined, field, ofOneItem);
  return greatestOverChoices((choose) =>
    statedCost(stated(readArguments(node, field, counting.variables, choose), {}, field), field, ofOneItem),
  );
}

/** Not a number where the schema states a negative cost: one field must not make up for others. */
function statedCost(
  stated: FieldCost | undefined,
  field: GraphQLField<unknown, unknown>,
  ofOneItem: number | null,
): number {
  const own = (typeof stated === 'number' ? stated : stated?.field) ?? FIELD_COST;
  if (ofOneItem === null) return own >= 0 ? own : Number.NaN;
  const items =
    (typeof stated === 'object' ? stated.multiplier : undefined) ??
    (isListType(getNullableType(field.type)) ? DEFAULT_LIST_ITEMS : 1);
  return own >= 0 && items >= 0 ? own + items * ofOneItem : Number.NaN;
}
