/**
 * `GET /api/openapi.json`: the description of `/api`, which `codegen.ts` writes. The first request for it loads it, so the
 * start of an isolate does not.
 */
import { etagOf } from '../cache/response-cache.ts';
import { OPENAPI_MAX_AGE_SECONDS } from '../config.ts';
import { Answer, type AnswerHeaders } from '../http/answer.ts';
import { clientHolds } from '../http/holds-already.ts';
import type { Route } from '../http/router.ts';
import { JSON_UTF_8, methodNotAllowed, refusedAsRest } from './rest-refusal.ts';

interface Description {
  body: Uint8Array<ArrayBuffer>;
  etag: string;
}

export function createOpenapiRoute(): Route {
  let description: Description | undefined;
  return {
    paths: ['/api/openapi.json'],
    hasPreflight: true,
    refuse: refusedAsRest,
    async handle(request, { requestId }) {
      if (request.method !== 'GET') return methodNotAllowed(['GET']).answer(requestId);
      description ??= await readDescription();
      const { body, etag } = description;
      const headers: AnswerHeaders = {
        'Cache-Control': `public, max-age=${OPENAPI_MAX_AGE_SECONDS}`,
        ETag: etag,
      };
      if (clientHolds(request, etag)) return new Answer(null, headers, 304);
      return new Answer(body, { ...headers, 'Content-Type': JSON_UTF_8 });
    },
  };
}

async function readDescription(): Promise<Description> {
  const { default: openapi } = await import('./openapi.json', { with: { type: 'json' } });
  const body = new TextEncoder().encode(JSON.stringify(openapi));
  return { body, etag: await etagOf(body) };
}
