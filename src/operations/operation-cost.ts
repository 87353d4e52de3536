/**
 * The greatest cost of an operation: for each field its own cost, plus the cost of its selection times the greatest
 * number of items. The schema states the costs (`complexity` of a field, as in `@pothos/plugin-complexity`).
 *
 * Unlike the plugin's own count, it accepts missing and invalid variables: there are none at registration, and execution
 * reports invalid ones. The document must be valid, without cycles of fragments.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';

const FIELD_COST = 1;
/** Assumed for a list without a stated length. */
const DEFAULT_LIST_ITEMS = 10;

type FieldCost = number | { field?: number; multiplier?: number };
type Values = Record<string, unknown>;

export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Values,
  operationName?: string,
): number {
  const operation = getOperationAST(document, operationName);
  const rootType = operation && schema.getRootType(operation.operation);
  if (!operation || rootType == null) return 0;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const counting = { schema, fragments, values: withDefaults(operation, variables), known: new Map() };
  return selectionCost(operation.selectionSet, rootType, counting);
}

function withDefaults(operation: OperationDefinitionNode, variables: Values): Values {
  const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  return { ...Object.fromEntries(defaults), ...variables };
}

interface Counting {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  values: Values;
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
  const cost = (
    typeof stated === 'function' ? stated(argumentsOf(node, counting.values), {}, field) : stated
  ) as FieldCost | undefined;
  const own = (typeof cost === 'number' ? cost : cost?.field) ?? FIELD_COST;
  if (node.selectionSet === undefined) return own;
  const items =
    (typeof cost === 'object' ? cost.multiplier : undefined) ??
    (isListType(getNullableType(field.type)) ? DEFAULT_LIST_ITEMS : 1);
  return own + items * selectionCost(node.selectionSet, getNamedType(field.type), counting);
}

/** Without default values of the schema: the `complexity` function of the field applies them. */
function argumentsOf(node: FieldNode, values: Values): Values {
  return Object.fromEntries(
    (node.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, values)]),
  );
}
