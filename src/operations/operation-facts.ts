import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { cachePolicyOf } from '../cache/cache-policy.ts';
import { greatestOperationCost } from './operation-cost.ts';
import type { RegisteredOperation } from './registered-operation.ts';
import { variableBoundsOf } from './variable-bounds.ts';

/**
 * The version of the rules by which facts follow from a document and the schema. It enters the schema's hash: raise it
 * with every change of a rule, `complexity` functions included, and stored facts are derived anew.
 */
export const OPERATION_RULES_VERSION = 3;

/** The properties of a registered operation that follow from its document and the schema. */
export type OperationFacts = Pick<RegisteredOperation, 'cost' | 'variableBounds' | 'cachePolicy' | 'scopes'>;

export function operationFacts(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationFacts {
  const variableBounds = variableBoundsOf(schema, document);
  const cost = Math.ceil(greatestOperationCost(schema, document, variableBounds, operation.name?.value));
  return {
    // JSON has neither infinity nor "not a number".
    cost: Number.isSafeInteger(cost) ? cost : Number.MAX_SAFE_INTEGER,
    variableBounds,
    cachePolicy: cachePolicyOf(schema, document, operation),
    // No field requires a scope yet.
    scopes: [],
  };
}
