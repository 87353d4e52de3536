import type { OperationRow } from '../storage/d1/operations.ts';
import { sha256Id } from './document-id.ts';
import type { RegisteredOperation } from './registered-operation.ts';

export async function operationRow(operation: RegisteredOperation): Promise<OperationRow> {
  return {
    id: operation.id,
    document_id: await sha256Id(operation.document),
    name: operation.name,
    kind: operation.kind,
    registered: JSON.stringify(operation),
  };
}
