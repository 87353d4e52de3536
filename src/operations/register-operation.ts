/**
 * Derives a registered operation from its document and the schema.
 *
 * It is pure and runs in plain Node too: the build and the admin endpoint use it. Callers must check that no other
 * document has the id, that the document is within the limits of size, and that the cost is allowed.
 */
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { OperationRow } from '../storage/d1/operations.ts';
import { operationFacts } from './operation-facts.ts';
import { isOperationId, OPERATION_ID_MAX_BYTES, SHA256_ID, SHA256_PREFIX, sha256Id } from './operation-id.ts';
import type { RegisteredOperation } from './registered-operation.ts';

export interface SubmittedOperation {
  id: string;
  document: string;
}

export type OperationProblemCode =
  | 'DOCUMENT_INVALID'
  | 'NOT_ONE_OPERATION'
  | 'ID_INVALID'
  | 'ID_MISMATCH'
  | 'ID_TAKEN'
  | 'DOCUMENT_TOO_LARGE'
  | 'COST_EXCEEDED';

export interface OperationProblem {
  id: string;
  code: OperationProblemCode;
  message: string;
}

/** The registered operation, or its first problem. */
export async function registerOperation(
  schema: GraphQLSchema,
  schemaHash: string,
  submitted: SubmittedOperation,
): Promise<{ operation: RegisteredOperation } | { problem: OperationProblem }> {
  const { id, document } = submitted;
  const problem = (code: OperationProblemCode, message: string) => ({ problem: { id, code, message } });
  if (!isOperationId(id)) {
    return problem(
      'ID_INVALID',
      `An id is 1 to ${OPERATION_ID_MAX_BYTES} bytes without spaces and without "~", other than __proto__.`,
    );
  }
  if (id.startsWith(SHA256_PREFIX) && (!SHA256_ID.test(id) || id !== (await sha256Id(document)))) {
    return problem('ID_MISMATCH', 'The id is not the SHA-256 of the document.');
  }
  const parsed = parseDocument(document);
  if (typeof parsed === 'string') return problem('DOCUMENT_INVALID', parsed);
  const operation = onlyOperation(parsed);
  if (operation?.name === undefined) {
    return problem('NOT_ONE_OPERATION', 'A document holds exactly one operation, with a name.');
  }
  const [error] = validate(schema, parsed, specifiedRules, { maxErrors: 1 });
  if (error !== undefined) return problem('DOCUMENT_INVALID', withLocation(error.message, error.locations));
  return {
    operation: {
      id,
      name: operation.name.value,
      kind: operation.operation,
      document,
      ...operationFacts(schema, parsed, operation),
      schemaHash,
    },
  };
}

export async function operationRow(operation: RegisteredOperation): Promise<OperationRow> {
  return {
    id: operation.id,
    document_id: await sha256Id(operation.document),
    name: operation.name,
    kind: operation.kind,
    registered: JSON.stringify(operation),
  };
}

function parseDocument(document: string): DocumentNode | string {
  try {
    return parse(document);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function onlyOperation(document: DocumentNode): OperationDefinitionNode | undefined {
  const [first, ...others] = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  return others.length === 0 ? first : undefined;
}

function withLocation(
  message: string,
  locations: readonly { line: number; column: number }[] | undefined,
): string {
  const first = locations?.[0];
  return first === undefined ? message : `${message} (line ${first.line}, column ${first.column})`;
}
