/**
 * `GET /admin/kyc/<user>/<kind>`: a document for identification, for the main API. Its own key opens it, and no other key
 * does. Each read is a row of D1 before a byte is sent. No cache keeps it.
 */
import { IDENTIFICATION_RETRY_SECONDS } from '../config.ts';
import { FILE_EXTENSIONS } from '../files/byte-type.ts';
import type { Identification } from '../files/identification.ts';
import { isIdentificationKind } from '../files/identification-file.ts';
import { errorFields, log } from '../observability/log.ts';
import { AdminKeys } from './admin-keys.ts';
import { FILE_CONTENT_SECURITY_POLICY, NOT_STORED } from './answer.ts';
import { keyRefusal } from './key-refusal.ts';
import { errorResponse } from './responses.ts';
import type { Route } from './router.ts';
import { decodedPart, pathOf } from './url-parts.ts';

export interface IdentificationReadOptions {
  identification: Pick<Identification, 'read'>;
  readKey: string;
  nowMs(): number;
}

const PATH = /^\/admin\/kyc\/([^/]+)\/([^/]+)$/;
const EXTENSIONS: Readonly<Record<string, string>> = FILE_EXTENSIONS;

export function createIdentificationReadRoute(options: IdentificationReadOptions): Route {
  const { identification, readKey, nowMs } = options;
  const keys = new AdminKeys({ adminKey: readKey, operationsKeys: [], nowMs });
  return {
    paths: ['/admin/kyc/*'],
    methods: ['GET'],
    async handle({ url, headers }, { requestId }) {
      const verdict = await keys.check(headers.get('authorization'));
      if (!verdict.allowed) return keyRefusal(verdict.retryAfterSeconds, requestId);
      const [, user = '', kind = ''] = PATH.exec(pathOf(url)) ?? [];
      const userId = decodedPart(user);
      if (userId === null || !isIdentificationKind(kind)) return notFound(requestId);
      try {
        const opened = await identification.read({ userId, kind, requestId });
        return opened === null ? notFound(requestId) : documentResponse(opened);
      } catch (error) {
        log.error('identification.not_read', { requestId, user: userId, kind, ...errorFields(error) });
        const message = 'The document cannot be read now. Send the request again.';
        const retryAfter = { 'Retry-After': String(IDENTIFICATION_RETRY_SECONDS) };
        return errorResponse(503, { message, code: 'SERVICE_UNAVAILABLE', requestId }, retryAfter);
      }
    },
  };
}

type Opened = NonNullable<Awaited<ReturnType<Identification['read']>>>;

function documentResponse({ file: { kind, contentType }, sizeBytes, body }: Opened): Response {
  const name = `${kind}.${EXTENSIONS[contentType] ?? 'bin'}`;
  return new Response(body, {
    headers: {
      'Content-Type': contentType,
      'Content-Length': String(sizeBytes),
      'Content-Disposition': `attachment; filename="${name}"`,
      'Content-Security-Policy': FILE_CONTENT_SECURITY_POLICY,
      'Cache-Control': NOT_STORED,
    },
  });
}

const notFound = (requestId: string) =>
  errorResponse(404, { message: 'There is no such document.', code: 'NOT_FOUND', requestId });
