/**
 * What a client asks to run, read from HTTP into one form. Nothing is looked up, parsed as GraphQL or run here.
 *
 * Refusals are GraphQL errors with a code and a status, before any work is done for the request.
 */
import { GraphQLError } from 'graphql';
import * as z from 'zod';
import { REQUEST_BODY_MAX_BYTES } from '../config.ts';

export interface OperationRequest {
  /** Opaque, unless it begins with `sha256:`. */
  documentId: string | undefined;
  document: string | undefined;
  operationName: string | undefined;
  variables: Record<string, unknown> | undefined;
  extensions: Record<string, unknown> | undefined;
}

/** A request that cannot be read. The status stands whatever the client accepts: nothing was parsed yet. */
function refusal(
  message: string,
  status: number,
  options: { code?: string; argumentPath?: readonly PropertyKey[]; headers?: Record<string, string> } = {},
): GraphQLError {
  const { code = 'BAD_USER_INPUT', argumentPath, headers } = options;
  return new GraphQLError(message, {
    extensions: {
      code,
      ...(argumentPath ? { argumentPath } : {}),
      http: { status, ...(headers ? { headers } : {}) },
    },
  });
}

/** Unknown properties are ignored; an empty `operationName` or `query` counts as absent. */
const emptyAsAbsent = z
  .string({ error: 'must be a string' })
  .nullish()
  .transform((text) => text || undefined);
const jsonObject = z
  .record(z.string(), z.unknown(), { error: 'must be a JSON object' })
  .nullish()
  .transform((object) => object ?? undefined);
const requestSchema = z.object(
  {
    documentId: emptyAsAbsent,
    query: emptyAsAbsent,
    operationName: emptyAsAbsent,
    variables: jsonObject,
    extensions: jsonObject,
  },
  { error: 'must be a JSON object' },
);

function toOperationRequest(properties: unknown): OperationRequest {
  const parsed = requestSchema.safeParse(properties);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const argumentPath = issue?.path ?? [];
    const at = argumentPath.join('.') || 'The request body';
    throw refusal(`${at}: ${issue?.message ?? 'is malformed'}`, 400, { argumentPath });
  }
  const { query, ...rest } = parsed.data;
  return { ...rest, document: query };
}

/** @throws GraphQLError with `extensions.http.status` where the request cannot be read. */
export async function readOperationRequest(request: Request): Promise<OperationRequest> {
  const url = new URL(request.url);
  const sent = request.method === 'GET' ? readParameters(url.searchParams) : await readBody(request);
  const operationRequest = withPathId(sent, url.pathname);
  if (operationRequest.documentId === undefined && operationRequest.document === undefined) {
    throw refusal('The request names neither a document nor the id of one.', 400, {
      argumentPath: ['query'],
    });
  }
  return operationRequest;
}

/** `/graphql/<id>` names the document as `documentId` does. */
function withPathId(sent: OperationRequest, pathname: string): OperationRequest {
  const encoded = pathname.match(/^\/graphql\/(.+)$/)?.[1];
  if (encoded === undefined) return sent;
  const pathId = decodePath(encoded);
  if (sent.documentId !== undefined && sent.documentId !== pathId) {
    throw refusal('The path and `documentId` name two documents.', 400, {
      code: 'PERSISTED_QUERY_HASH_MISMATCH',
    });
  }
  return { ...sent, documentId: pathId };
}

function readParameters(parameters: URLSearchParams): OperationRequest {
  return toOperationRequest({
    documentId: parameters.get('documentId'),
    query: parameters.get('query'),
    operationName: parameters.get('operationName'),
    variables: jsonParameter(parameters, 'variables'),
    extensions: jsonParameter(parameters, 'extensions'),
  });
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal('The path is not percent-encoded UTF-8.', 400, { argumentPath: ['documentId'] });
  }
}

function jsonParameter(parameters: URLSearchParams, name: string): unknown {
  const text = parameters.get(name);
  if (text === null || text === '') return null;
  return parseJson(text, `${name}: is not JSON`, [name]);
}

function parseJson(text: string, message: string, argumentPath: readonly string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(message, 400, { argumentPath });
  }
}

async function readBody(request: Request): Promise<OperationRequest> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw refusal('The body must be sent as application/json.', 415, {
      headers: { Accept: 'application/json' },
    });
  }
  const text = await readText(request);
  if (text.trim() === '') throw refusal('The request body is empty.', 400);
  const body = parseJson(text, 'The request body is not JSON.', []);
  if (Array.isArray(body)) throw refusal('One request carries one operation: batches are not taken.', 400);
  return toOperationRequest(body);
}

/** Reads no further than the limit, whatever `Content-Length` says. */
async function readText(request: Request): Promise<string> {
  const tooLarge = () =>
    refusal(`The request body is larger than ${REQUEST_BODY_MAX_BYTES} bytes.`, 413, {
      code: 'PAYLOAD_TOO_LARGE',
    });
  if (Number(request.headers.get('content-length') ?? 0) > REQUEST_BODY_MAX_BYTES) throw tooLarge();
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > REQUEST_BODY_MAX_BYTES) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
