import type { DocumentNode } from 'graphql';
import { type ChosenDocument, chooseDocument, type DocumentSources } from '../operations/choose-document.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { PrepareOperation } from './prepare-operation.ts';

/** What a request runs: it may, it is small enough, and its document is valid. */
export interface PreparedRequest {
  sent: OperationRequest;
  chosen: ChosenDocument;
  document: DocumentNode;
}

/** Decides what a request runs, whichever way it came; rejects with a GraphQLError where it runs nothing. */
export async function prepareRequest(
  sent: OperationRequest,
  sources: DocumentSources,
  prepareOperation: PrepareOperation,
  http: Parameters<PrepareOperation>[2],
): Promise<PreparedRequest> {
  const chosen = await chooseDocument(sent, sources);
  return { sent, chosen, document: prepareOperation(sent, chosen, http) };
}
