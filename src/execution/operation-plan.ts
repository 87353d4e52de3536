/** Plans by schema, document and operation name. A plan is made on demand and collected with its document or schema. */
import {
  assertValidSchema,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type VariableValues,
} from 'graphql';
import { conditionVariables } from './coverage.ts';
import type { PlannedOperation } from './execution.ts';
import { planRoot } from './object-plan.ts';
import type { ObjectPlan } from './plan.ts';
import { type CoerceVariables, planVariables } from './variable-values.ts';

/** A client can request all 2^n combinations of n conditions, so their number is bounded. */
const VARIANTS_KEPT = 32;

export interface OperationPlan {
  readonly planned: PlannedOperation;
  readonly isSerial: boolean;
  readonly coerceVariables: CoerceVariables;
  /** The root for the values of the conditions' variables; null if one is not a boolean. */
  rootFor(coerced: VariableValues['coerced']): ObjectPlan | null;
}

type Name = string | null;
const plansBySchema = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, Map<Name, OperationPlan | null>>>();

/** Null if a plan does not cover the operation, or the operation does not exist. */
export function operationPlan(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: Name,
): OperationPlan | null {
  let plansByDocument = plansBySchema.get(schema);
  if (plansByDocument === undefined) {
    plansByDocument = new WeakMap();
    plansBySchema.set(schema, plansByDocument);
  }
  let plansByName = plansByDocument.get(document);
  if (plansByName === undefined) {
    plansByName = new Map();
    plansByDocument.set(document, plansByName);
  }
  const known = plansByName.get(operationName);
  if (known !== undefined) return known;

  assertValidSchema(schema);
  const operation = operationNamed(document, operationName);
  // Unknown names are not stored: a client can send any number of them.
  if (operation === undefined) return null;
  const plan = planOperation(schema, document, operation);
  plansByName.set(operationName, plan);
  return plan;
}

/** Undefined if graphql-js must report an error: an unknown name, or several operations and no name. */
function operationNamed(document: DocumentNode, name: Name): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (name === null) return operations.length === 1 ? operations[0] : undefined;
  return operations.findLast((operation) => operation.name?.value === name);
}

function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationPlan | null {
  const variables = conditionVariables(schema, document, operation);
  if (variables === null) return null;

  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const planned: PlannedOperation = { schema, operation, fragments };
  const rootType = schema.getRootType(operation.operation) as GraphQLObjectType;
  const roots = new Map<string, ObjectPlan>();

  return {
    planned,
    isSerial: operation.operation === OperationTypeNode.MUTATION,
    coerceVariables: planVariables(schema, operation.variableDefinitions ?? []),
    rootFor(coerced) {
      let variant = '';
      for (const name of variables) {
        const decided = coerced[name];
        if (typeof decided !== 'boolean') return null;
        variant += decided ? '1' : '0';
      }
      let root = roots.get(variant);
      if (root === undefined) {
        if (roots.size === VARIANTS_KEPT) roots.clear();
        const conditions = new Map(variables.map((name) => [name, coerced[name] as boolean]));
        root = planRoot(planned, rootType, conditions);
        roots.set(variant, root);
      }
      return root;
    },
  };
}
