/**
 * `GET /reports/<date>` and `/reports/<date>.json`: the report of a day, as a page and as JSON. A signed link opens it until it
 * expires, and so does a key of the admin endpoint. Without either, nobody learns which reports there are. No cache keeps it.
 */
import { REPORT_RETRY_SECONDS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { isReportDate, type ReportForm, reportKey } from '../reports/report-keys.ts';
import type { ReportUrls } from '../reports/report-urls.ts';
import type { AdminKeys } from './admin-keys.ts';
import { NOT_STORED } from './answer.ts';
import { keyRefusal } from './key-refusal.ts';
import { errorResponse } from './responses.ts';
import type { Route } from './router.ts';
import { pathOf, queryOf } from './url-parts.ts';

export interface ReportsRouteOptions {
  bucket: Pick<R2Bucket, 'get'>;
  urls: Pick<ReportUrls, 'isSigned'>;
  keys: AdminKeys;
  nowMs(): number;
}

const PATH = /^\/reports\/(\d{4}-\d{2}-\d{2})(\.json)?$/;
/** The page has a style of its own and loads nothing; a browser runs nothing of it. */
const PAGE_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const CONTENT_TYPES = { html: 'text/html; charset=utf-8', json: 'application/json; charset=utf-8' } as const;

export function createReportsRoute({ bucket, urls, keys, nowMs }: ReportsRouteOptions): Route {
  /** The reason why the request may not read the report; null if it may. */
  async function refusalOf({ url, headers }: Request, date: string, requestId: string) {
    const authorization = headers.get('authorization');
    if (authorization !== null) {
      const verdict = await keys.check(authorization);
      return verdict.allowed ? null : keyRefusal(verdict.retryAfterSeconds, requestId);
    }
    const query = new URLSearchParams(queryOf(url));
    if (urls.isSigned(date, query, Math.floor(nowMs() / 1000))) return null;
    const message = 'The link has expired, or a part of it is missing. The next report has a new one.';
    return errorResponse(403, { message, code: 'FORBIDDEN', requestId });
  }

  return {
    paths: ['/reports', '/reports/*'],
    methods: ['GET'],
    async handle(request, { requestId }) {
      const [, date = '', json] = PATH.exec(pathOf(request.url)) ?? [];
      if (!isReportDate(date)) return notFound(requestId);
      const refusal = await refusalOf(request, date, requestId);
      if (refusal !== null) return refusal;
      const form: ReportForm = json === undefined ? 'html' : 'json';
      try {
        const found = await bucket.get(reportKey(date, form));
        return found === null ? notFound(requestId) : reportResponse(found, form);
      } catch (error) {
        log.error('reports.not_read', { requestId, date, ...errorFields(error) });
        const message = 'The report cannot be read now. Send the request again.';
        const retryAfter = { 'Retry-After': String(REPORT_RETRY_SECONDS) };
        return errorResponse(503, { message, code: 'SERVICE_UNAVAILABLE', requestId }, retryAfter);
      }
    },
  };
}

const reportResponse = ({ body, size }: R2ObjectBody, form: ReportForm): Response =>
  new Response(body.pipeThrough(new FixedLengthStream(size)), {
    headers: {
      'Content-Type': CONTENT_TYPES[form],
      'Content-Length': String(size),
      'Cache-Control': NOT_STORED,
      'X-Robots-Tag': 'noindex',
      ...(form === 'html' ? { 'Content-Security-Policy': PAGE_POLICY } : {}),
    },
  });

const notFound = (requestId: string) =>
  errorResponse(404, { message: 'There is no such report.', code: 'NOT_FOUND', requestId });
