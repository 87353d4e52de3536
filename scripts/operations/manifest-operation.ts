/**
 * Checks one entry of a manifest and gives it the id under which the gateway knows it.
 *
 * Guarantees one named operation a document, and that every `sha256:` id is the SHA-256 of its document's text.
 * Never changes a text, not even by a space, because clients hash the text that they send. Ignores the schema.
 *
 * Ids are opaque unless prefixed `sha256:` (`test/contracts/http.md`). Apollo clients send a bare hash in `sha256Hash`,
 * which means `sha256:<hex>`, so a bare hash of the text is registered under that id in every form of manifest.
 * An id that looks like a hash and is not the hash of its text is opaque if a client can send it as an opaque id,
 * and refused otherwise.
 */
import { createHash } from 'node:crypto';
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse } from 'graphql';

export interface ManifestOperation {
  /** `sha256:` and the SHA-256 of the document's text in lower-case hex, or opaque. */
  id: string;
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  document: string;
}

/** One operation of a manifest of any form. */
export interface ManifestEntry {
  id: string;
  document: string;
  /** Undefined where the form has no such property. */
  name?: string;
  kind?: string;
}

/** The meaning of an id of 64 hex digits: always the SHA-256 of the text, or any id that the app's build made. */
export type HexIds = 'text-hash' | 'opaque';

const BARE_SHA256 = /^[0-9a-f]{64}$/;
const SHA256_PREFIX = 'sha256:';

/** @throws Error with the reason why the entry cannot be registered. */
export function toManifestOperation(entry: ManifestEntry, hexIds: HexIds): ManifestOperation {
  const operation = onlyOperation(parseDocument(entry.document));
  const name = operation.name?.value;
  if (name === undefined) throw new Error(`its ${operation.operation} has no name`);
  requireSame('name', entry.name, name);
  requireSame('type', entry.kind, operation.operation);
  return { id: registeredId(entry, hexIds), name, kind: operation.operation, document: entry.document };
}

export function sha256Id(document: string): string {
  return SHA256_PREFIX + createHash('sha256').update(document).digest('hex');
}

function registeredId({ id, document }: ManifestEntry, hexIds: HexIds): string {
  if (id === '') throw new Error('its id is empty');
  const textId = sha256Id(document);
  if (id.startsWith(SHA256_PREFIX)) {
    if (id !== textId) throw new Error(`its text has another SHA-256: ${textId}`);
    return id;
  }
  if (!BARE_SHA256.test(id)) return id;
  if (SHA256_PREFIX + id === textId) return textId;
  if (hexIds === 'opaque') return id;
  throw new Error(`clients send this id as the SHA-256 of the text, which is ${textId}`);
}

function parseDocument(document: string): DocumentNode {
  try {
    return parse(document, { noLocation: true });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { line, column } = error.locations?.[0] ?? { line: 1, column: 1 };
    throw new Error(`its document is not GraphQL: ${error.message} (line ${line}, column ${column})`);
  }
}

function onlyOperation({ definitions }: DocumentNode): OperationDefinitionNode {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  if (operation === undefined || operations.length > 1) {
    throw new Error(`its document holds ${operations.length} operations where one is needed`);
  }
  const unexpected = definitions.find(
    ({ kind }) => kind !== Kind.OPERATION_DEFINITION && kind !== Kind.FRAGMENT_DEFINITION,
  );
  if (unexpected) throw new Error(`its document holds a ${unexpected.kind} beside its operation`);
  return operation;
}

function requireSame(property: string, declared: string | undefined, actual: string): void {
  if (declared !== undefined && declared !== actual) {
    throw new Error(`its ${property} is ${declared} in the manifest and ${actual} in the document`);
  }
}
