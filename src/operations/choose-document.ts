/**
 * Chooses the document that a request runs, or refuses the request. All transports use this function.
 *
 * Ids and documents that contradict each other are refused first. Refusals are counted. `audit` also counts requests
 * that `safelist` would refuse, but runs them.
 */
import { GraphQLError } from 'graphql';
import type { OperationsMode } from '../config.ts';
import type { BoundedMemory } from '../storage/bounded-memory.ts';
import { registeredIds, SHA256_ID, sha256Id } from './operation-id.ts';
import type { OperationRequest } from './operation-request.ts';
import type { FoundOperation, Liveness, OperationRegistry, OperationUsage } from './registered-operation.ts';

export interface DocumentSources {
  mode: OperationsMode;
  registry: OperationRegistry;
  usage: OperationUsage;
  /** Documents that Apollo clients sent with their hash, by id: the next request may send the hash alone. */
  clientDocuments: BoundedMemory<string>;
}

export interface ChosenDocument {
  document: string;
  /** Null if the document is not registered, or was not looked up. */
  found: FoundOperation | null;
}

export interface DocumentFacts {
  contradicts: boolean;
  sendsDocument: boolean;
  registered: Liveness['state'] | 'unknown';
  /** True if a client registered the document in this isolate. */
  kept: boolean;
}

const REFUSALS = {
  PERSISTED_QUERY_HASH_MISMATCH: {
    status: 400,
    message: 'The ids, or the id and the document, do not match.',
  },
  PERSISTED_QUERY_ID_REQUIRED: {
    status: 400,
    message: 'Send the id of a registered document, not a document.',
  },
  PERSISTED_QUERY_RETIRED: { status: 410, message: 'Every release that carries this operation is retired.' },
  // Apollo clients recognise this message, and send the document.
  PERSISTED_QUERY_NOT_FOUND: { status: 200, message: 'PersistedQueryNotFound' },
  PERSISTED_QUERY_NOT_IN_LIST: { status: 404, message: 'No registered document has this id.' },
  QUERY_NOT_IN_SAFELIST: { status: 403, message: 'This document is not registered.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type DocumentRefusal = keyof typeof REFUSALS;

/** Undefined if the code is not a `DocumentRefusal`. */
export const documentRefusalStatus = (code: unknown): number | undefined =>
  Object.entries(REFUSALS).find(([reason]) => reason === code)?.[1].status;

const refusals = new Map<DocumentRefusal, GraphQLError>();

/** Refusals are made once: collecting an error's stack is the greatest cost of refusing an unknown id. */
function refusalOf(reason: DocumentRefusal): GraphQLError {
  const { status, message } = REFUSALS[reason];
  const refusal =
    refusals.get(reason) ?? new GraphQLError(message, { extensions: { code: reason, http: { status } } });
  refusals.set(reason, refusal);
  return refusal;
}

/** Null if the request may run. */
export function documentRefusal(mode: OperationsMode, facts: DocumentFacts): DocumentRefusal | null {
  const { contradicts, sendsDocument, registered, kept } = facts;
  if (contradicts) return 'PERSISTED_QUERY_HASH_MISMATCH';
  switch (mode) {
    case 'open':
    case 'audit':
      if (sendsDocument) return null;
      if (registered === 'retired') return 'PERSISTED_QUERY_RETIRED';
      return registered === 'unknown' && !kept ? 'PERSISTED_QUERY_NOT_FOUND' : null;
    case 'safelist':
      if (registered === 'retired') return 'PERSISTED_QUERY_RETIRED';
      if (registered !== 'unknown') return null;
      return sendsDocument ? 'QUERY_NOT_IN_SAFELIST' : 'PERSISTED_QUERY_NOT_IN_LIST';
    case 'id_only':
      if (sendsDocument) return 'PERSISTED_QUERY_ID_REQUIRED';
      if (registered === 'retired') return 'PERSISTED_QUERY_RETIRED';
      return registered === 'unknown' ? 'PERSISTED_QUERY_NOT_IN_LIST' : null;
    default:
      throw new Error(`unknown mode ${mode satisfies never}`);
  }
}

/** @throws GraphQLError with the status and code of the wire contract. */
export async function chooseDocument(
  request: OperationRequest,
  sources: DocumentSources,
): Promise<ChosenDocument> {
  const { mode, usage } = sources;
  const { client, document } = request;
  const { facts, found, kept, hash } = await gatherFacts(request, sources);
  const reason = documentRefusal(mode, facts);
  const documentId = found?.operation.id ?? request.documentIds[0] ?? hash ?? null;
  const audited = mode === 'audit' ? documentRefusal('safelist', facts) : null;
  // If both modes refuse for the same reason, for example a retired operation, it is no audit finding.
  if (audited !== null && audited !== reason)
    usage.refused({ reason: `audit:${audited}`, documentId, client });
  else if (reason !== null) usage.refused({ reason, documentId, client });
  if (reason !== null) {
    throw refusalOf(reason);
  }
  return { document: document ?? found?.operation.document ?? kept ?? '', found };
}

async function gatherFacts(request: OperationRequest, { mode, registry, clientDocuments }: DocumentSources) {
  const { documentIds, document } = request;
  const [documentId] = documentIds;
  const remembers = mode === 'open' || mode === 'audit';
  const namesByHash = documentId !== undefined && SHA256_ID.test(registeredIds(documentId)[0] ?? '');
  // `open` runs every document and `id_only` runs none, so neither looks documents up.
  const comparesText = mode === 'audit' || mode === 'safelist';
  const needsHash = document !== undefined && (namesByHash || comparesText);
  const hash = needsHash ? await sha256Id(document) : undefined;

  let found: FoundOperation | null = null;
  let contradicts = documentIds.length > 1;
  if (!contradicts && documentId !== undefined) {
    const isItsHash = hash !== undefined && registeredIds(documentId)[0] === hash;
    contradicts = document !== undefined && SHA256_ID.test(documentId) && !isItsHash;
    if (!contradicts) found = await findAny(registeredIds(documentId), registry);
    if (document !== undefined && !isItsHash) {
      // A bare hash that does not match the document may still be its opaque id.
      contradicts ||= found === null ? namesByHash : found.operation.document !== document;
    }
    if (remembers && isItsHash && found === null && document !== undefined)
      clientDocuments.set(hash, document, document.length);
  }
  if (!contradicts && found === null && comparesText && hash !== undefined) found = await registry.find(hash);
  const kept =
    remembers && documentId !== undefined
      ? clientDocuments.get(registeredIds(documentId)[0] ?? '')
      : undefined;
  const facts: DocumentFacts = {
    contradicts,
    sendsDocument: document !== undefined,
    registered: found?.liveness.state ?? 'unknown',
    kept: kept !== undefined,
  };
  return { facts, found, kept, hash };
}

async function findAny(ids: readonly string[], registry: OperationRegistry): Promise<FoundOperation | null> {
  for (const id of ids) {
    const found = await registry.find(id);
    if (found !== null) return found;
  }
  return null;
}
