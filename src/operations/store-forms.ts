/** Stores the forms of operations, also of those that were stored before operations had forms. */
import type { GraphQLSchema } from 'graphql';
import {
  formInserts,
  formsVersionUpdate,
  type OperationFormRow,
  operationsBeforeForms,
} from '../storage/d1/operation-forms.ts';
import { OPERATION_FORMS_VERSION, operationForms } from './operation-forms.ts';
import { sha256Id } from './operation-id.ts';
import type { OperationForm, RegisteredOperation } from './registered-operation.ts';

/** Deriving the forms of an operation takes some milliseconds. */
const OPERATIONS_A_BATCH = 50;

export interface SchemaOfForms {
  schema: GraphQLSchema;
  schemaHash: string;
}

export async function formsOf(
  { schema, schemaHash }: SchemaOfForms,
  operations: readonly RegisteredOperation[],
): Promise<OperationForm[]> {
  const forms: OperationForm[] = [];
  for (const operation of operations) {
    forms.push(...(await operationForms({ schema, schemaHash, operation })));
  }
  return forms;
}

/** Statements for the batch that stores the operations, after those of the operations themselves. */
export async function formWrites(
  db: D1Database,
  operations: readonly RegisteredOperation[],
  forms: readonly OperationForm[],
): Promise<D1PreparedStatement[]> {
  const documentIds = new Map<string, string>();
  for (const { id, document } of operations) documentIds.set(id, await sha256Id(document));
  const rows = forms.map(
    ({ id, operationId, registered }): OperationFormRow => ({
      id,
      operation_id: operationId,
      document_id: documentIds.get(operationId) ?? '',
      registered: registered === null ? null : JSON.stringify(registered),
    }),
  );
  const ids = operations.map(({ id }) => id);
  return [...formInserts(db, rows), formsVersionUpdate(db, ids, OPERATION_FORMS_VERSION)];
}

export interface MissingFormsRequest extends SchemaOfForms {
  db: D1Database;
  /** Writes the statements in one batch. */
  write(statements: readonly D1PreparedStatement[]): Promise<unknown>;
  maxBatches: number;
  /** Called after each batch with the number of its operations. */
  onStored(operations: number): void;
}

/** Stores the forms of operations that lack them: of a part of these, if they are many. */
export async function storeMissingForms({
  db,
  write,
  maxBatches,
  onStored,
  ...schemaOfForms
}: MissingFormsRequest): Promise<void> {
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const records = await operationsBeforeForms(db, OPERATION_FORMS_VERSION, OPERATIONS_A_BATCH);
    if (records.length === 0) break;
    const operations = records.map((record) => JSON.parse(record) as RegisteredOperation);
    await write(await formWrites(db, operations, await formsOf(schemaOfForms, operations)));
    onStored(operations.length);
  }
}
