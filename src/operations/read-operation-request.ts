/**
 * Reads the operation of an HTTP request from GET parameters or a JSON body, and an id from the path.
 *
 * A malformed request is refused with a GraphQL error that has a code and a status.
 */
import { REQUEST_BODY_MAX_BYTES } from '../config.ts';
import { type OperationRequest, toOperationRequest, unreadable } from './operation-request.ts';
import type { ClientIdentity } from './registered-operation.ts';

/** The unparsed operation of a request: the same URL and body mean the same operation. */
export interface Envelope {
  url: string;
  /** Null for a GET request. */
  body: string | null;
}

/** @throws GraphQLError with `extensions.http.status` if the body is too large or its media type is not JSON. */
export async function readEnvelope(request: Request): Promise<Envelope> {
  return { url: request.url, body: request.method === 'GET' ? null : await readBody(request) };
}

/**
 * @param client the client from the headers
 * @throws GraphQLError with `extensions.http.status` if the request is malformed.
 */
export function readOperationRequest(envelope: Envelope, client: ClientIdentity): OperationRequest {
  const url = new URL(envelope.url);
  const properties =
    envelope.body === null ? readParameters(url.searchParams) : readProperties(envelope.body);
  const encoded = url.pathname.match(/^\/graphql\/(.+)$/)?.[1];
  const pathId = encoded === undefined ? undefined : decodePath(encoded);
  return toOperationRequest(properties, client, pathId);
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

const JSON_MEDIA_TYPE = 'application/json';
const mediaTypeIn = (contentType: string | null) => contentType?.split(';')[0]?.trim().toLowerCase();

function readBody(request: Request): Promise<string> {
  const contentType = request.headers.get('content-type');
  if (contentType !== JSON_MEDIA_TYPE && mediaTypeIn(contentType) !== JSON_MEDIA_TYPE) {
    throw unreadable('The body must be sent as application/json.', 415, {
      rule: 'media-type',
      headers: { Accept: 'application/json' },
    });
  }
  return readText(request);
}

function readProperties(text: string): unknown {
  if (text.trim() === '') throw unreadable('The request body is empty.', 400);
  const body = parseJson(text, 'The request body is not JSON.', []);
  if (Array.isArray(body))
    throw unreadable('One request carries one operation: batches are not taken.', 400, { rule: 'batch' });
  return body;
}

/** Reads no further than the limit, also without a `Content-Length`. */
function readText(request: Request): Promise<string> {
  const announcedBytes = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announcedBytes > REQUEST_BODY_MAX_BYTES) throw tooLarge();
  // The platform passes on no more bytes than `Content-Length` announces.
  return announcedBytes >= 0 ? request.text() : readStream(request);
}

const tooLarge = () =>
  unreadable(`The request body is larger than ${REQUEST_BODY_MAX_BYTES} bytes.`, 413, {
    code: 'PAYLOAD_TOO_LARGE',
    rule: 'body-size',
  });

async function readStream(request: Request): Promise<string> {
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
