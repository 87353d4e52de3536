/**
 * `GET /files/<key>`: files of R2, streamed. Conditions and ranges are those of RFC 9110.
 *
 * One read of R2 answers a request, and a second one only if its range was in vain. The query of a public file is ignored; that of
 * an attachment is its signature. R2 is asked for nothing else, so a private file and one that does not exist have the same answer.
 */
import { FILE_MAX_AGE_SECONDS, FILE_RETRY_SECONDS, HASHED_FILE_MAX_AGE_SECONDS } from '../config.ts';
import { cacheTagsOf } from '../files/cache-tags.ts';
import { isPublicKey } from '../files/file-key.ts';
import { attachmentOf, fileTypeOf } from '../files/file-type.ts';
import { errorFields, log } from '../observability/log.ts';
import { FILE_CONTENT_SECURITY_POLICY, NOT_STORED } from './answer.ts';
import { type ByteRange, type ByteSlice, byteRangeOf, sliceOf } from './byte-range.ts';
import { keyOfPath } from './file-path.ts';
import { evaluatePreconditions, ifRangeHolds, type Validators } from './preconditions.ts';
import { errorResponse } from './responses.ts';
import type { Route } from './router.ts';
import { pathOf, queryOf } from './url-parts.ts';

export interface FilesRouteOptions {
  bucket: Pick<R2Bucket, 'get' | 'head'>;
  /** The key of the object that a URL opens although it is not public, once this use is noted; null if it opens none. */
  openedBy(path: string, query: URLSearchParams, requestId: string): Promise<string | null>;
  nowMs(): number;
}

interface Asked {
  /** Below `/files/`, decoded. */
  path: string;
  /** The key of the object in R2: the same as the path, if the file is public. */
  key: string;
  headers: Headers;
  requestId: string;
}

/** R2's answer: without a body if the file is not to be sent. */
type Found = R2Object | R2ObjectBody;

/** Before the extension; with a letter, since eight digits may be a date. */
const HASH_IN_NAME = /\.(?=\d*[a-f])[\da-f]{8,}\.[^./]+$/;
/** One entity tag of R2's, and no list: R2 then opens no body that nobody needs. */
const ENTITY_TAG = /^(?:W\/)?"([\da-f-]+)"$/;

export function createFilesRoute({ bucket, openedBy, nowMs }: FilesRouteOptions): Route {
  /** @param range of the request, or null to send the whole file */
  async function answered(asked: Asked, range: ByteRange | null): Promise<Response> {
    const { path, key, headers: sent, requestId } = asked;
    const found = await read(bucket, key, range, sent);
    if (found === null) return notFound(requestId);
    const file = validatorsOf(found);
    const outcome = evaluatePreconditions(sent, file, nowMs());
    if (outcome !== 'met') {
      await discard(found);
      if (outcome === 'not modified')
        return new Response(null, { status: 304, headers: keptHeaders(path, file) });
      return refused(
        412,
        'PRECONDITION_FAILED',
        'The file is not the one that the request is about.',
        requestId,
      );
    }
    if (range !== null && !ifRangeHolds(sent, file, nowMs())) {
      await discard(found);
      return answered(asked, null);
    }
    const slice = range === null ? 'whole' : sliceOf(range, found.size);
    if (slice !== null) return fileResponse(path, found, slice);
    await discard(found);
    const contentRange = { 'Content-Range': `bytes */${found.size}` };
    return refused(416, 'RANGE_NOT_SATISFIABLE', 'The file has no such bytes.', requestId, contentRange);
  }

  return {
    paths: ['/files/*'],
    methods: ['GET'],
    hasPreflight: true,
    async handle({ url, headers }, { requestId }) {
      const path = keyOfPath(pathOf(url));
      if (path === null) return notFound(requestId);
      try {
        const key = isPublicKey(path)
          ? path
          : await openedBy(path, new URLSearchParams(queryOf(url)), requestId);
        if (key === null) return notFound(requestId);
        return await answered({ path, key, headers, requestId }, byteRangeOf(headers.get('range')));
      } catch (error) {
        log.error('files.not_read', { requestId, path, ...errorFields(error) });
        const retryAfter = { 'Retry-After': String(FILE_RETRY_SECONDS) };
        const message = 'The file cannot be read now. Send the request again.';
        return refused(503, 'SERVICE_UNAVAILABLE', message, requestId, retryAfter);
      }
    },
  };
}

/** R2 throws at a range beyond the end of the file. The size of the file then tells if that was the reason. */
async function read(
  bucket: FilesRouteOptions['bucket'],
  key: string,
  range: ByteRange | null,
  sent: Headers,
): Promise<Found | null> {
  const [, held] = ENTITY_TAG.exec(sent.get('if-none-match')?.trim() ?? '') ?? [];
  const onlyIf = held === undefined ? {} : { onlyIf: { etagDoesNotMatch: held } };
  try {
    return await bucket.get(key, range === null ? onlyIf : { ...onlyIf, range });
  } catch (error) {
    if (range === null) throw error;
    const found = await bucket.head(key);
    const slice = found && sliceOf(range, found.size);
    if (slice === null || slice === 'whole') return found;
    throw error;
  }
}

const discard = async (found: Found) => {
  if ('body' in found) await found.body.cancel();
};

const validatorsOf = ({ httpEtag, uploaded }: Found): Validators => ({
  etag: httpEtag,
  modifiedSeconds: Math.floor(uploaded.getTime() / 1000),
});

function fileResponse(path: string, found: Found, slice: ByteSlice | 'whole'): Response {
  const { size } = found;
  const { offset, length } = slice === 'whole' ? { offset: 0, length: size } : slice;
  if (!('body' in found) && length > 0) throw new Error('R2 sent no body');
  // A body of another length breaks the connection: no client takes a part for the whole.
  const body = 'body' in found ? found.body.pipeThrough(new FixedLengthStream(length)) : null;
  const { contentType, isAttachment } = fileTypeOf(found.httpMetadata ?? {});
  const headers = new Headers(keptHeaders(path, validatorsOf(found)));
  headers.set('Content-Type', contentType);
  headers.set('Content-Length', String(length));
  headers.set('Accept-Ranges', 'bytes');
  if (isAttachment) headers.set('Content-Disposition', attachmentOf(downloadNameOf(path)));
  if (slice === 'whole') return new Response(body, { headers });
  headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${size}`);
  return new Response(body, { status: 206, headers });
}

/** The URL of a user's attachment has no extension; a PDF is the one that browsers do not open. */
const downloadNameOf = (path: string) => (isPublicKey(path) ? path : `${path}.pdf`);

/** Those that 304 repeats (RFC 9110, section 15.4.5). */
const keptHeaders = (path: string, { etag, modifiedSeconds }: Validators) => ({
  ...cacheHeadersOf(path),
  'Content-Security-Policy': FILE_CONTENT_SECURITY_POLICY,
  ETag: etag,
  'Last-Modified': new Date(modifiedSeconds * 1000).toUTCString(),
});

function cacheHeadersOf(path: string): Record<string, string> {
  if (!isPublicKey(path)) return { 'Cache-Control': NOT_STORED };
  return {
    'Cache-Control': HASH_IN_NAME.test(path)
      ? `public, max-age=${HASHED_FILE_MAX_AGE_SECONDS}, immutable`
      : `public, max-age=${FILE_MAX_AGE_SECONDS}`,
    'Cache-Tag': cacheTagsOf(path).join(','),
  };
}

const notFound = (requestId: string) => refused(404, 'NOT_FOUND', 'No such file.', requestId);

const refused = (
  status: number,
  code: string,
  message: string,
  requestId: string,
  headers: Record<string, string> = {},
) => errorResponse(status, { message, code, requestId }, headers);
