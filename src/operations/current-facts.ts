import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { log } from '../observability/log.ts';
import { isAllowedCost } from './operation-cost.ts';
import { type OperationFacts, operationFacts } from './operation-facts.ts';
import type { RegisteredOperation } from './registered-operation.ts';

export type CurrentFacts = (
  registered: RegisteredOperation,
  document: DocumentNode,
  operation: OperationDefinitionNode,
) => OperationFacts;

/**
 * The facts of a registered operation by the schema and the rules of this build. They are derived anew if it was
 * registered with others, and remembered for as long as the document is in memory.
 *
 * An operation that costs too much by now goes on running, because apps in use send it. It is logged.
 */
export function createCurrentFacts(schema: GraphQLSchema, schemaHash: string): CurrentFacts {
  const derived = new WeakMap<DocumentNode, OperationFacts>();
  return (registered, document, operation) => {
    if (registered.schemaHash === schemaHash) return registered;
    const known = derived.get(document);
    if (known !== undefined) return known;
    const facts = operationFacts(schema, document, operation);
    derived.set(document, facts);
    if (!isAllowedCost(facts.cost)) {
      const { id, name } = registered;
      log.warn('operations.cost_exceeded', { id, name, cost: facts.cost, registeredCost: registered.cost });
    }
    return facts;
  };
}
