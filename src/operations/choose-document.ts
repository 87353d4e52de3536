/**
 * Decides which document a request runs, or why none: one function for every way a request can arrive.
 *
 * Ids and documents that contradict one another are refused before anything else. Refusals are never cached.
 */
import { GraphQLError } from 'graphql';
import type { OperationsMode } from '../config.ts';
import type { RegisteredOperation } from './manifest.ts';
import type { OperationRequest } from './operation-request.ts';

const SHA256_ID = /^sha256:[0-9a-f]{64}$/;

function refusal(message: string, code: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}

/** @throws GraphQLError with the status and code that the wire contract gives for the refusal. */
export async function chooseDocument(
  request: Pick<OperationRequest, 'documentId' | 'document'>,
  mode: OperationsMode,
  find: (id: string) => RegisteredOperation | undefined,
): Promise<string> {
  const { documentId, document } = request;
  if (documentId !== undefined && document !== undefined) await requireAgreement(documentId, document, find);
  if (document === undefined) return registeredDocument(documentId ?? '', mode, find);
  switch (mode) {
    case 'open':
    case 'audit':
      return document;
    case 'safelist':
      if (find(await sha256Id(document)) === undefined) {
        throw refusal('This document is not registered.', 'QUERY_NOT_IN_SAFELIST', 403);
      }
      return document;
    case 'id_only':
      throw refusal(
        'Send the id of a registered document, not a document.',
        'PERSISTED_QUERY_ID_REQUIRED',
        400,
      );
    default:
      throw new Error(`unknown mode ${mode satisfies never}`);
  }
}

function registeredDocument(
  documentId: string,
  mode: OperationsMode,
  find: (id: string) => RegisteredOperation | undefined,
): string {
  const operation = find(documentId);
  if (operation !== undefined) return operation.document;
  if (mode === 'open' || mode === 'audit') {
    // Apollo clients know this message: they answer with the whole document.
    throw refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND', 200);
  }
  throw refusal('No registered document has this id.', 'PERSISTED_QUERY_NOT_IN_LIST', 404);
}

async function requireAgreement(
  documentId: string,
  document: string,
  find: (id: string) => RegisteredOperation | undefined,
): Promise<void> {
  const agree = SHA256_ID.test(documentId)
    ? documentId === (await sha256Id(document))
    : (find(documentId)?.document ?? document) === document;
  if (!agree) throw refusal('The id and the document do not match.', 'PERSISTED_QUERY_HASH_MISMATCH', 400);
}

async function sha256Id(document: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(document));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `sha256:${hex}`;
}
