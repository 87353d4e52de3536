/**
 * Reads the operation that an HTTP request carries: GET parameters, or a JSON body, and the id in the path of either.
 *
 * Refusals are GraphQL errors with a code and a status, before any work is done for the request.
 */
import { REQUEST_BODY_MAX_BYTES } from '../config.ts';
import { readClientIdentity } from './client-identity.ts';
import { type OperationRequest, toOperationRequest, unreadable } from './operation-request.ts';

/** @throws GraphQLError with `extensions.http.status` where the request cannot be read. */
export async function readOperationRequest(request: Request): Promise<OperationRequest> {
  const url = new URL(request.url);
  const properties = request.method === 'GET' ? readParameters(url.searchParams) : await readBody(request);
  const encoded = url.pathname.match(/^\/graphql\/(.+)$/)?.[1];
  const pathId = encoded === undefined ? undefined : decodePath(encoded);
  return toOperationRequest(properties, readClientIdentity(request.headers), pathId);
}

function readParameters(parameters: URLSearchParams): Record<string, unknown> {
  return {
    documentId: parameters.get('documentId'),
    doc_id: parameters.get('doc_id'),
    id: parameters.get('id'),
    query: parameters.get('query'),
    operationName: parameters.get('operationName'),
    variables: jsonParameter(parameters, 'variables'),
    extensions: jsonParameter(parameters, 'extensions'),
  };
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('The path is not percent-encoded UTF-8.', 400, { argumentPath: ['documentId'] });
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
    throw unreadable(message, 400, { argumentPath });
  }
}

async function readBody(request: Request): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw unreadable('The body must be sent as application/json.', 415, {
      rule: 'media-type',
      headers: { Accept: 'application/json' },
    });
  }
  const text = await readText(request);
  if (text.trim() === '') throw unreadable('The request body is empty.', 400);
  const body = parseJson(text, 'The request body is not JSON.', []);
  if (Array.isArray(body))
    throw unreadable('One request carries one operation: batches are not taken.', 400, { rule: 'batch' });
  return body;
}

/** Reads no further than the limit, whatever `Content-Length` says. */
async function readText(request: Request): Promise<string> {
  const tooLarge = () =>
    unreadable(`The request body is larger than ${REQUEST_BODY_MAX_BYTES} bytes.`, 413, {
      code: 'PAYLOAD_TOO_LARGE',
      rule: 'body-size',
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
