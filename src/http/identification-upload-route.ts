/**
 * `PUT /uploads/<id>`: the bytes of a document for identification, at the URL that `createUpload` gave.
 *
 * D1 is asked only about requests whose URL the gateway has signed, with the type and the length that they announce. An isolate
 * takes two uploads at once, each for a bounded time: it holds chunks of both.
 */
import {
  IDENTIFICATION_RETRY_SECONDS,
  IDENTIFICATION_UPLOAD_TIMEOUT_MS,
  IDENTIFICATION_UPLOADS_AT_ONCE,
} from '../config.ts';
import type { Identification } from '../files/identification.ts';
import { errorFields, log } from '../observability/log.ts';
import { errorResponse } from './responses.ts';
import type { Route } from './router.ts';

export function createIdentificationUploadRoute(
  identification: Pick<Identification, 'isUploadUrl' | 'openUpload' | 'receive'>,
  nowMs: () => number,
): Route {
  const underWay = new Set<{ endsAtMs: number }>();
  /** The platform may end a request whose client has gone, and run nothing of it any more: its place is free by its time. */
  const placeOf = () => {
    for (const place of underWay) if (place.endsAtMs <= nowMs()) underWay.delete(place);
    if (underWay.size >= IDENTIFICATION_UPLOADS_AT_ONCE) return null;
    const place = { endsAtMs: nowMs() + IDENTIFICATION_UPLOAD_TIMEOUT_MS };
    underWay.add(place);
    return place;
  };
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
      const place = placeOf();
      if (place === null) return unavailable(requestId);
      const answer = received(identification, url, body, requestId).finally(() => underWay.delete(place));
      // Also if the client goes: what it has begun is undone.
      waitUntil(answer);
      return answer;
    },
  };
}

async function received(
  { openUpload, receive }: Pick<Identification, 'openUpload' | 'receive'>,
  { pathname }: URL,
  body: ReadableStream<Uint8Array>,
  requestId: string,
): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), IDENTIFICATION_UPLOAD_TIMEOUT_MS);
  try {
    const upload = await openUpload(pathname.slice('/uploads/'.length));
    const outcome = upload === null ? 'not there' : await receive(upload, body, controller.signal);
    switch (outcome) {
      case 'stored':
        return new Response(null);
      case 'refused': {
        const message = 'The bytes are not those that were announced: another type, more or fewer.';
        return errorResponse(400, { message, code: 'BAD_USER_INPUT', requestId });
      }
      case 'not there': {
        const message = 'There is no such upload, or it is over.';
        return errorResponse(404, { message, code: 'NOT_FOUND', requestId });
      }
    }
    return outcome satisfies never;
  } catch (error) {
    if (controller.signal.aborted) {
      const message = 'The bytes did not arrive in time.';
      return errorResponse(408, { message, code: 'BAD_USER_INPUT', requestId });
    }
    // A client that cuts the connection ends here too.
    log.warn('identification.not_received', { requestId, ...errorFields(error) });
    return unavailable(requestId);
  } finally {
    clearTimeout(timer);
  }
}

const unavailable = (requestId: string) =>
  errorResponse(
    503,
    { message: 'The upload cannot be taken now. Send it again.', code: 'SERVICE_UNAVAILABLE', requestId },
    { 'Retry-After': String(IDENTIFICATION_RETRY_SECONDS) },
  );
