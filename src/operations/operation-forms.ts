/**
 * Derives the forms of a registered operation: its normal form, and those with the `__typename` fields that client caches
 * add. `safelist` finds an operation by them too.
 */
import { type GraphQLSchema, parse } from 'graphql';
import { normalFormOf, normalFormOfText } from './normal-form.ts';
import { sha256Id } from './operation-id.ts';
import { registerOperation } from './register-operation.ts';
import type { OperationForm, RegisteredOperation } from './registered-operation.ts';
import { typenameDocuments } from './typename-documents.ts';

/** Raise it with every change of the forms or of graphql-js's printer: stored operations then get their forms anew. */
export const OPERATION_FORMS_VERSION = 1;

export interface FormsRequest {
  schema: GraphQLSchema;
  schemaHash: string;
  operation: RegisteredOperation;
  /** Another text of the operation that clients may send, with its fields in another order. */
  sourceText?: string;
}

/** Empty if the document is beyond the limits of documents. */
export async function operationForms(request: FormsRequest): Promise<OperationForm[]> {
  const { schema, schemaHash, operation, sourceText } = request;
  const forms = new Map<string, OperationForm>();
  const own = normalFormOfText(operation.document);
  if (own !== null) {
    const id = await sha256Id(own);
    forms.set(id, { id, operationId: operation.id, registered: null });
  }
  for (const text of [own, sourceText === undefined ? null : normalFormOfText(sourceText)]) {
    if (text === null) continue;
    const document = parse(text);
    for (const variant of [document, ...typenameDocuments(document)]) {
      const form = normalFormOf(variant);
      // Parsing it again holds it to the limit of tokens.
      if (form === null || normalFormOfText(form) === null) continue;
      const id = await sha256Id(form);
      if (forms.has(id)) continue;
      const result = await registerOperation(schema, schemaHash, { id, document: form });
      // The schema may have lost what an older operation selects.
      if ('problem' in result) continue;
      const registered = { ...result.operation, formOf: operation.id };
      forms.set(id, { id, operationId: operation.id, registered });
    }
  }
  return [...forms.values()];
}
