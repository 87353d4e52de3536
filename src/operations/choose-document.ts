/**
 * Chooses the document that a request runs, or refuses the request. All transports use this function.
 *
 * Ids and documents that contradict one another are refused before anything else. In `audit` a document runs that
 * `safelist` would refuse, and the refusal is counted.
 */
import { GraphQLError } from 'graphql';
import { LOOKUP_RETRY_SECONDS, OFF_RETRY_SECONDS, type OperationsMode } from '../config.ts';
import { type BoundedMemory, ENTRY_BYTES, textBytes } from '../storage/bounded-memory.ts';
import { type FormSources, findById, findByText } from './find-form.ts';
import { registeredIds, SHA256_ID, sha256Id } from './operation-id.ts';
import type { OperationRequest } from './operation-request.ts';
import {
  carriedId,
  type FoundOperation,
  isFound,
  type Liveness,
  type OperationLookup,
  type OperationRegistry,
  type Refusal,
} from './registered-operation.ts';

export interface DocumentSources extends FormSources {
  mode: OperationsMode;
  /** Documents that Apollo clients sent with their hash, by id, so that the hash alone is enough the next time. */
  clientDocuments: BoundedMemory<string>;
}

export interface ChosenDocument {
  document: string;
  /** Null if the document is not registered, was not looked up, or could not be. */
  found: FoundOperation | null;
}

export interface DocumentFacts {
  contradicts: boolean;
  sendsDocument: boolean;
  registered: Liveness['state'] | 'unknown' | 'unavailable';
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
  SERVICE_UNAVAILABLE: {
    status: 503,
    message: 'The operation cannot be looked up now: try again.',
    headers: { 'Retry-After': String(LOOKUP_RETRY_SECONDS) },
  },
  OPERATION_SWITCHED_OFF: {
    status: 503,
    message: 'This operation is switched off for now.',
    headers: { 'Retry-After': String(OFF_RETRY_SECONDS) },
    retryAfterSeconds: OFF_RETRY_SECONDS,
  },
} as const satisfies Record<string, RefusalKind>;

interface RefusalKind {
  status: number;
  message: string;
  headers?: Record<string, string>;
  /** For clients that see no headers, such as sockets. */
  retryAfterSeconds?: number;
}

export type DocumentRefusal = keyof typeof REFUSALS;

/** Undefined if the code is not a `DocumentRefusal`. */
export const documentRefusalStatus = (code: unknown): number | undefined =>
  Object.entries(REFUSALS).find(([reason]) => reason === code)?.[1].status;

const refusals = new Map<DocumentRefusal, GraphQLError>();

/** Refusals are made once: collecting an error's stack is the greatest cost of refusing an unknown id. */
function refusalOf(reason: DocumentRefusal): GraphQLError {
  const { message, retryAfterSeconds, ...http }: RefusalKind = REFUSALS[reason];
  const extensions = {
    code: reason,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    http,
  };
  const refusal = refusals.get(reason) ?? new GraphQLError(message, { extensions });
  refusals.set(reason, refusal);
  return refusal;
}

/** Null if the request may run. */
export function documentRefusal(mode: OperationsMode, facts: DocumentFacts): DocumentRefusal | null {
  const { contradicts, sendsDocument, registered, kept } = facts;
  if (contradicts) return 'PERSISTED_QUERY_HASH_MISMATCH';
  const takesDocument = mode !== 'id_only' || !sendsDocument;
  if (registered === 'off' && takesDocument) return 'OPERATION_SWITCHED_OFF';
  switch (mode) {
    case 'open':
    case 'audit':
      if (sendsDocument) return null;
      if (registered === 'retired') return 'PERSISTED_QUERY_RETIRED';
      return (registered === 'unknown' || registered === 'unavailable') && !kept
        ? 'PERSISTED_QUERY_NOT_FOUND'
        : null;
    case 'safelist':
      if (registered === 'retired') return 'PERSISTED_QUERY_RETIRED';
      if (registered === 'unavailable') return 'SERVICE_UNAVAILABLE';
      if (registered !== 'unknown') return null;
      return sendsDocument ? 'QUERY_NOT_IN_SAFELIST' : 'PERSISTED_QUERY_NOT_IN_LIST';
    case 'id_only':
      if (sendsDocument) return 'PERSISTED_QUERY_ID_REQUIRED';
      if (registered === 'retired') return 'PERSISTED_QUERY_RETIRED';
      if (registered === 'unavailable') return 'SERVICE_UNAVAILABLE';
      return registered === 'unknown' ? 'PERSISTED_QUERY_NOT_IN_LIST' : null;
    default:
      throw new Error(`unknown mode ${mode satisfies never}`);
  }
}

/** The document that runs, or why none does; either way with the refusals to count. */
export type DocumentChoice = { refusals: readonly Refusal[] } & (
  | { ok: true; chosen: ChosenDocument }
  /** With the status and code that the wire contract gives for the refusal. */
  | { ok: false; error: GraphQLError; found: FoundOperation | null; isFault: boolean }
);

export async function chooseDocument(
  request: OperationRequest,
  sources: DocumentSources,
): Promise<DocumentChoice> {
  const { mode } = sources;
  const { client, document } = request;
  const { facts, found, kept, hash, hasFailed } = await gatherFacts(request, sources);
  const reason = documentRefusal(mode, facts);
  const documentId = (found && carriedId(found.operation)) ?? request.documentIds[0] ?? hash ?? null;
  const audited = mode === 'audit' ? documentRefusal('safelist', facts) : null;
  // A refusal that both modes share, such as for a retired operation, is not counted as the mode's.
  const isOfMode = audited !== null && audited !== reason && audited !== 'SERVICE_UNAVAILABLE';
  const counted = isOfMode ? `audit:${audited}` : reason;
  const refusals = counted === null ? [] : [{ reason: counted, documentId, client }];
  const isFault = reason === 'SERVICE_UNAVAILABLE' && hasFailed;
  if (reason !== null) return { ok: false, error: refusalOf(reason), found, isFault, refusals };
  return {
    ok: true,
    // The text that was sent may be another form of the operation, and is not what was registered.
    chosen: { document: found?.operation.document ?? document ?? kept ?? '', found },
    refusals,
  };
}

/** A rule's refusal, under its code and its `extensions.rule`. Other errors, such as a misspelt field, are not counted. */
export function ruleRefusals(error: unknown, about: Omit<Refusal, 'reason'>): Refusal[] {
  if (!(error instanceof GraphQLError) || error.extensions.rule === undefined) return [];
  return [{ ...about, reason: `${error.extensions.code}:${error.extensions.rule}` }];
}

async function gatherFacts(request: OperationRequest, sources: DocumentSources) {
  const { mode, registry, clientDocuments } = sources;
  const { documentIds, document } = request;
  const [documentId] = documentIds;
  const remembers = mode === 'open' || mode === 'audit';
  const namesByHash = documentId !== undefined && SHA256_ID.test(registeredIds(documentId)[0] ?? '');
  // `open` runs every document and `id_only` runs none, so neither looks documents and their forms up.
  const comparesText = mode === 'audit' || mode === 'safelist';
  const needsHash = document !== undefined && (namesByHash || comparesText);
  const hash = needsHash ? await sha256Id(document) : undefined;

  let looked: OperationLookup = null;
  let contradicts = documentIds.length > 1;
  if (!contradicts && documentId !== undefined) {
    const isItsHash = hash !== undefined && registeredIds(documentId)[0] === hash;
    contradicts = document !== undefined && SHA256_ID.test(documentId) && !isItsHash;
    if (!contradicts) looked = await findAny(registeredIds(documentId), registry);
    if (document !== undefined && !isItsHash && (looked === null || isFound(looked))) {
      // A bare hash that does not match the document may still be its opaque id.
      contradicts ||= looked === null ? namesByHash : looked.operation.document !== document;
    }
    if (remembers && isItsHash && !isFound(looked) && document !== undefined)
      clientDocuments.set(hash, document, textBytes(hash, document) + ENTRY_BYTES);
  }
  if (!contradicts && comparesText) {
    if (document !== undefined && hash !== undefined) {
      looked = await findByText({ hash, text: document }, looked, sources);
    } else if (documentId !== undefined) looked = await findById(documentId, looked, registry);
  }
  const kept =
    remembers && documentId !== undefined
      ? clientDocuments.get(registeredIds(documentId)[0] ?? '')
      : undefined;
  const found = isFound(looked) ? looked : null;
  const facts: DocumentFacts = {
    contradicts,
    sendsDocument: document !== undefined,
    registered: looked === null || isFound(looked) ? (found?.liveness.state ?? 'unknown') : 'unavailable',
    kept: kept !== undefined,
  };
  return { facts, found, kept, hash, hasFailed: looked === 'failed' };
}

async function findAny(ids: readonly string[], registry: OperationRegistry): Promise<OperationLookup> {
  let answer: OperationLookup = null;
  for (const id of ids) {
    const looked = await registry.find(id);
    if (isFound(looked)) return looked;
    if (answer !== 'failed') answer = looked ?? answer;
  }
  return answer;
}
