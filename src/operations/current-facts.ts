import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  validate,
} from 'graphql';
import { log } from '../observability/log.ts';
import { isAllowedCost } from './operation-cost.ts';
import { type OperationFacts, operationFacts } from './operation-facts.ts';
import type { RegisteredOperation } from './registered-operation.ts';

/** @throws GraphQLError where the schema of this build cannot run the operation */
export type CurrentFacts = (
  registered: RegisteredOperation,
  document: DocumentNode,
  operation: OperationDefinitionNode,
) => OperationFacts;

/**
 * The facts of a registered operation by the schema and the rules of this build. They are derived anew if it was
 * registered with others, and remembered for as long as the document is in memory.
 *
 * An operation of another build may ask for what this schema has not: during a deployment, and after a rollback. It is refused, since
 * it would be answered without those fields.
 *
 * An operation that costs too much by now goes on running, because apps in use send it. It is logged.
 */
export function createCurrentFacts(schema: GraphQLSchema, schemaHash: string): CurrentFacts {
  /** By document: the facts, or the first fault that validation finds. */
  const derived = new WeakMap<DocumentNode, OperationFacts | string>();
  return (registered, document, operation) => {
    if (registered.schemaHash === schemaHash) return registered;
    let facts = derived.get(document);
    if (facts === undefined) {
      facts = derive(schema, registered, document, operation);
      derived.set(document, facts);
    }
    if (typeof facts === 'string') {
      const message = `This version of the gateway does not run the operation: ${facts}`;
      throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
    }
    return facts;
  };
}

function derive(
  schema: GraphQLSchema,
  { id, name, cost: registeredCost }: RegisteredOperation,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationFacts | string {
  const [fault] = validate(schema, document, undefined, { maxErrors: 1, hideSuggestions: true });
  if (fault !== undefined) {
    log.warn('operations.schema_differs', { id, name, fault: fault.message });
    return fault.message;
  }
  const facts = operationFacts(schema, document, operation);
  const { cost } = facts;
  if (!isAllowedCost(cost)) log.warn('operations.cost_exceeded', { id, name, cost, registeredCost });
  return facts;
}
