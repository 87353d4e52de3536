/**
 * One form for the operation that a client requests over any transport. Nothing is looked up, parsed as GraphQL or run.
 *
 * Documents and variables have the property names of GraphQL over HTTP. Ids have those of Apollo
 * (`extensions.persistedQuery`), Relay (`doc_id`, `id`) and Hive (`documentId`, `<app>~<version>~<id>`).
 */
import { GraphQLError } from 'graphql';
import * as z from 'zod';
import { identityOr, identityOrRelease, UNNAMED_CLIENT } from './client-identity.ts';
import { isSameId } from './operation-id.ts';
import type { ClientIdentity } from './registered-operation.ts';

export interface OperationRequest {
  /** Distinct ids, at most two. A valid request has at most one. */
  documentIds: readonly string[];
  document: string | undefined;
  operationName: string | undefined;
  variables: Record<string, unknown> | undefined;
  extensions: Record<string, unknown> | undefined;
  client: ClientIdentity;
  /** The client that the id names. */
  release: ClientIdentity;
}

/** The error of a malformed request. No document was parsed, so the HTTP status is the same for every `Accept`. */
export function unreadable(
  message: string,
  status: number,
  options: {
    code?: string;
    /** The name in the counts of refusals. */
    rule?: string;
    argumentPath?: readonly PropertyKey[];
    headers?: Record<string, string>;
  } = {},
): GraphQLError {
  const { code = 'BAD_USER_INPUT', rule, argumentPath, headers } = options;
  return new GraphQLError(message, {
    extensions: {
      code,
      ...(rule ? { rule } : {}),
      ...(argumentPath ? { argumentPath } : {}),
      http: { status, ...(headers ? { headers } : {}) },
    },
  });
}

// Each request comes here, and transformations by zod took half of its time: `toOperationRequest` makes them.
const text = z.string({ error: 'must be a string' }).nullish();
const relayId = z.union([z.string(), z.int()], { error: 'must be a string' }).nullish();
/** An object of JSON as it is. A copy by zod would lose `__proto__`, which may be the name of a variable. */
export const jsonObjectOf = (error: string) =>
  z.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    { error },
  );
const jsonObject = jsonObjectOf('must be a JSON object').nullish();
const requestSchema = z.object(
  {
    documentId: text,
    doc_id: relayId,
    id: relayId,
    query: text,
    operationName: text,
    variables: jsonObject,
    extensions: jsonObject,
  },
  { error: 'must be a JSON object' },
);
const persistedQuerySchema = z.object({
  extensions: z
    .object({
      persistedQuery: z
        .object(
          { version: z.literal(1, { error: 'must be 1' }), sha256Hash: text },
          { error: 'must be a JSON object' },
        )
        .nullish(),
    })
    .optional(),
});

/** @param furtherIds ids that stand beside the properties, such as one in the URL's path. */
export function toOperationRequest(
  properties: unknown,
  client: ClientIdentity,
  furtherIds: readonly string[] = [],
): OperationRequest {
  const parsed = parsedOrRefused(requestSchema, properties);
  const document = parsed.query || undefined;
  const extensions = parsed.extensions ?? undefined;
  const sentIds = [...furtherIds, parsed.documentId, parsed.doc_id, parsed.id, ...persistedIdsOf(extensions)];
  let release = UNNAMED_CLIENT;
  const documentIds: string[] = [];
  for (const sentId of sentIds) {
    // The empty text counts as absent, and the number 0 is an id.
    if (sentId === undefined || sentId === null || sentId === '') continue;
    const idText = String(sentId);
    const named = idText.match(/^([^~]*)~([^~]*)~(.+)$/s);
    const [, app = '', version = '', ownId = idText] = named ?? [];
    if (named !== null) release = identityOrRelease(release, app, version);
    if (documentIds.length < 2 && !documentIds.some((other) => isSameId(other, ownId)))
      documentIds.push(ownId);
  }
  if (documentIds.length === 0 && document === undefined) {
    throw unreadable('The request has neither a document nor an id.', 400, { argumentPath: ['query'] });
  }
  return {
    documentIds,
    document,
    operationName: parsed.operationName || undefined,
    variables: parsed.variables ?? undefined,
    extensions,
    client: identityOr(client, release),
    release,
  };
}

/** The id of `extensions.persistedQuery`, if there is one. */
export function persistedIdsOf(extensions: unknown): string[] {
  if (extensions == null) return [];
  const { persistedQuery } = parsedOrRefused(persistedQuerySchema, { extensions }).extensions ?? {};
  return persistedQuery?.sha256Hash ? [persistedQuery.sha256Hash] : [];
}

function parsedOrRefused<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const argumentPath = issue?.path ?? [];
  const at = argumentPath.join('.') || 'The request';
  throw unreadable(`${at}: ${issue?.message ?? 'is malformed'}`, 400, { argumentPath });
}
