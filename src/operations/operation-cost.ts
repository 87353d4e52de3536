/**
 * What running an operation may cost: each field's own cost, and what is selected of it times the most items that
 * it may answer with. The costs are the schema's (`complexity` of a field, as `@pothos/plugin-complexity` defines it).
 *
 * Unlike the plugin's own count it takes variables as they come, missing ones too: at registration nobody has sent
 * any yet, and what is wrong with a value is execution's to say. The document must be valid, fragments without cycles.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';

const FIELD_COST = 1;
/** Of a list that does not say how long it is. */
const LIST_ITEMS = 10;

type FieldCost = number | { field?: number; multiplier?: number };
type Values = Record<string, unknown>;

export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Values,
  operationName?: string,
): number {
  const operation = selectedOperation(document, operationName);
  const rootType = operation && schema.getRootType(operation.operation);
  if (operation === undefined || rootType == null) return 0;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const counting = { schema, fragments, values: withDefaults(operation, variables), known: new Map() };
  return selectionCost(operation.selectionSet, rootType, counting);
}

/** The operation that `operationName` selects, or the only one. */
export function selectedOperation(
  document: DocumentNode,
  operationName?: string,
): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (operationName === undefined) return operations.length === 1 ? operations[0] : undefined;
  return operations.find(({ name }) => name?.value === operationName);
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
  /** A fragment may be spread many times in many others: each is counted once for each type. */
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
  // `__typename`, and introspection, which reads no data.
  if (field === undefined) return FIELD_COST;
  const stated = field.extensions.complexity;
  const cost = (
    typeof stated === 'function' ? stated(argumentsOf(node, counting.values), {}, field) : stated
  ) as FieldCost | undefined;
  const own = (typeof cost === 'number' ? cost : cost?.field) ?? FIELD_COST;
  if (node.selectionSet === undefined) return own;
  const items =
    (typeof cost === 'object' ? cost.multiplier : undefined) ??
    (isListType(getNullableType(field.type)) ? LIST_ITEMS : 1);
  return own + items * selectionCost(node.selectionSet, getNamedType(field.type), counting);
}

/** Without the arguments' own defaults: a field that states its cost knows them. */
function argumentsOf(node: FieldNode, values: Values): Values {
  return Object.fromEntries(
    (node.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, values)]),
  );
}
