import { parse } from 'content-type';
import { REQUEST_BODY_MAX_BYTES } from '../config.ts';
import { unreadable } from '../operations/operation-request.ts';
import { JSON_MEDIA_TYPE } from './media-types.ts';

/** Clients write it without its hyphen too, as the Encoding Standard allows (section 4.2). */
const UTF_8 = /^utf-?8$/i;

/** JSON is UTF-8 (RFC 8259, section 8.1). */
function isJson(contentType: string): boolean {
  const { type, parameters } = parse(contentType);
  return type === JSON_MEDIA_TYPE && UTF_8.test(parameters.charset ?? 'utf-8');
}

/**
 * The text of a JSON body. Reads no further than the limit. Bytes that are no UTF-8 are replaced, or refused if it is strict.
 *
 * @throws GraphQLError with `extensions.http.status` if the body is too large or its media type is not JSON.
 */
export async function readJsonBody(request: Request, { isStrict = false } = {}): Promise<string> {
  if (!isSentAsJson(request)) throw noJson();
  return isStrict ? readStrictly(request) : readText(request);
}

/** As `readJsonBody` if it is strict, and null for an empty body, which clients send with any media type or none. */
export async function readOptionalJsonBody(request: Request): Promise<string | null> {
  const text = await readStrictly(request);
  if (text === '') return null;
  if (!isSentAsJson(request)) throw noJson();
  return text;
}

function isSentAsJson({ headers }: Request): boolean {
  const contentType = headers.get('content-type');
  return contentType === JSON_MEDIA_TYPE || isJson(contentType ?? '');
}

const noJson = () =>
  unreadable('The body must be sent as application/json, in UTF-8.', 415, {
    rule: 'media-type',
    headers: { Accept: JSON_MEDIA_TYPE },
  });

/** Also without a `Content-Length`. */
function readText(request: Request): Promise<string> {
  // The platform passes on no more bytes than `Content-Length` announces.
  return announcedBytes(request) >= 0 ? request.text() : readStream(request, new TextDecoder());
}

async function readStrictly(request: Request): Promise<string> {
  announcedBytes(request);
  return readStream(request, new TextDecoder('utf-8', { fatal: true }));
}

/** NaN where they are not announced. @throws GraphQLError if they are too many. */
function announcedBytes({ headers }: Request): number {
  const bytes = Number(headers.get('content-length') ?? Number.NaN);
  if (bytes > REQUEST_BODY_MAX_BYTES) throw tooLarge();
  return bytes;
}

const tooLarge = () =>
  unreadable(`The request body is larger than ${REQUEST_BODY_MAX_BYTES} bytes.`, 413, {
    code: 'PAYLOAD_TOO_LARGE',
    rule: 'body-size',
  });

async function readStream(request: Request, decoder: TextDecoder): Promise<string> {
  let bytes = 0;
  let text = '';
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > REQUEST_BODY_MAX_BYTES) throw tooLarge();
    text += decoded(decoder, chunk, { stream: true });
  }
  return text + decoded(decoder);
}

function decoded(decoder: TextDecoder, ...decode: Parameters<TextDecoder['decode']>): string {
  try {
    return decoder.decode(...decode);
  } catch {
    throw unreadable('The request body is not UTF-8.', 400, { argumentPath: [] });
  }
}
