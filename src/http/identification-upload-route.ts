/**
 * `PUT /uploads/<id>`: the bytes of a document for identification, at the URL that `createUpload` gave.
 *
 * D1 is asked only about requests whose URL the gateway has signed, with the type and the length that they announce. An isolate
 * takes few uploads at once, each for a bounded time (`upload-places.ts`): it holds chunks of all of them.
 */
import {
  IDENTIFICATION_RETRY_SECONDS,
  IDENTIFICATION_UPLOAD_PLACE_CHECK_MS,
  IDENTIFICATION_UPLOAD_TIMEOUT_MS,
} from '../config.ts';
import type { Identification } from '../files/identification.ts';
import type { IdentificationUpload, Received } from '../files/receive-identification.ts';
import { errorFields, log } from '../observability/log.ts';
import { errorResponse } from './responses.ts';
import type { Route } from './router.ts';
import { createUploadPlaces, type UploadPlace } from './upload-places.ts';

export function createIdentificationUploadRoute(
  identification: Pick<Identification, 'isUploadUrl' | 'openUpload' | 'receive'>,
  nowMs: () => number,
): Route {
  const takePlace = createUploadPlaces(nowMs);
  return {
    paths: ['/uploads/*'],
    methods: ['PUT'],
    hasPreflight: true,
    async handle(request, { requestId, waitUntil }) {
      const url = new URL(request.url);
      const contentType = request.headers.get('content-type') ?? '';
      const sizeBytes = request.headers.get('content-length') ?? '';
      const { body } = request;
      if (body === null || !identification.isUploadUrl(url, { contentType, sizeBytes })) {
        const message =
          'The URL is not for these bytes, or has expired: send the type and the length that the upload was created with.';
        return errorResponse(403, { message, code: 'FORBIDDEN', requestId });
      }
      const answer = answered(identification, takePlace, { url, body, requestId });
      // Also if the client goes: what it has begun is undone.
      waitUntil(answer);
      return answer;
    },
  };
}

async function answered(
  { openUpload, receive }: Pick<Identification, 'openUpload' | 'receive'>,
  takePlace: (userId: string) => UploadPlace | null,
  { url, body, requestId }: { url: URL; body: ReadableStream<Uint8Array>; requestId: string },
): Promise<Response> {
  try {
    const upload = await openUpload(url.pathname.slice('/uploads/'.length));
    if (upload === null) return refusals['not there'](requestId);
    const place = takePlace(upload.userId);
    if (place === null) return unavailable(requestId);
    const outcome = await received(receive, upload, { body, place });
    return outcome === 'stored' ? new Response(null) : refusals[outcome](requestId);
  } catch (error) {
    // A client that cuts the connection ends here too.
    log.warn('identification.not_received', { requestId, ...errorFields(error) });
    return unavailable(requestId);
  }
}

/** The upload ends with its time, and when another one has its place. */
async function received(
  receive: Identification['receive'],
  upload: IdentificationUpload,
  { body, place }: { body: ReadableStream<Uint8Array>; place: UploadPlace },
): Promise<Received | 'too slow'> {
  const controller = new AbortController();
  const end = () => controller.abort();
  const timer = setTimeout(end, IDENTIFICATION_UPLOAD_TIMEOUT_MS);
  const check = setInterval(() => place.isLost() && end(), IDENTIFICATION_UPLOAD_PLACE_CHECK_MS);
  try {
    return await receive(upload, body, { signal: controller.signal, onBytes: place.received });
  } catch (error) {
    if (controller.signal.aborted) return 'too slow';
    throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(check);
    place.free();
  }
}

const refusals: Record<Exclude<Received, 'stored'> | 'too slow', (requestId: string) => Response> = {
  refused: (requestId) => {
    const message = 'The bytes are not those that were announced: another type, more or fewer.';
    return errorResponse(400, { message, code: 'BAD_USER_INPUT', requestId });
  },
  'not there': (requestId) => {
    const message = 'There is no such upload, or it is over.';
    return errorResponse(404, { message, code: 'NOT_FOUND', requestId });
  },
  'too slow': (requestId) => {
    const message = 'The bytes did not arrive in time.';
    return errorResponse(408, { message, code: 'BAD_USER_INPUT', requestId });
  },
};

const unavailable = (requestId: string) =>
  errorResponse(
    503,
    { message: 'The upload cannot be taken now. Send it again.', code: 'SERVICE_UNAVAILABLE', requestId },
    { 'Retry-After': String(IDENTIFICATION_RETRY_SECONDS) },
  );
