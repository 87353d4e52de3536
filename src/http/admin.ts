/**
 * The admin endpoint, which the operations CLI calls. Without a key there is nothing under /admin. Each route needs a
 * role, and a change records the name of its key.
 *
 * No cache keeps its answers. Refusals have the shape of a GraphQL error.
 */
import { log } from '../observability/log.ts';
import { runningTrace } from '../observability/running-work.ts';
import { ReleaseRefusal, type ReleaseRefusalCode } from '../operations/liveness-writes.ts';
import { recordBundledReleases } from '../operations/publish-release.ts';
import type { KeyRole } from '../settings/operations-keys.ts';
import { listSteering } from '../storage/d1/operation-steering.ts';
import { readRefusals, readUsage } from '../storage/d1/operation-usage.ts';
import { listReleases, liveOperations } from '../storage/d1/release-reads.ts';
import { getAlerts, putSilence, testChannel } from './admin-alerts.ts';
import { AdminRefusal, badInput, sinceDay } from './admin-answer.ts';
import { postPurge } from './admin-caches.ts';
import { showRecord } from './admin-chat.ts';
import { type AdminKeys, type KnownKey, mayDo } from './admin-keys.ts';
import { showMetrics } from './admin-metrics.ts';
import { type AdminSources, checkOperations, showOperation, storeOperations } from './admin-operations.ts';
import {
  postDeprecate,
  postImpact,
  postRestore,
  postRetire,
  postRollback,
  putRelease,
} from './admin-releases.ts';
import { postReport, showReportLink } from './admin-reports.ts';
import { postLimit, postOff, postOn } from './admin-steering.ts';
import { keyRefusal } from './key-refusal.ts';
import { jsonResponse } from './responses.ts';
import type { Route, RouteContext } from './router.ts';
import { decodedPart } from './url-parts.ts';

const STATUS: Readonly<Record<ReleaseRefusalCode, number>> = {
  RELEASE_DIFFERS: 409,
  UNKNOWN_OPERATIONS: 422,
  UNKNOWN_RELEASES: 422,
  STILL_USED: 409,
  NO_PREVIOUS_PUBLISH: 409,
  RESERVED_CLIENT: 422,
  RUNNING_BUILD: 409,
  CHANGED_MEANWHILE: 409,
  NOT_LIMITABLE: 422,
  LIVENESS_NOT_WRITTEN: 503,
};

type RouteSources = Omit<AdminSources, 'keyName' | 'purge'>;

export function adminRoute(keys: AdminKeys, sources: RouteSources): Route {
  return {
    paths: ['/admin/*'],
    handle: (request, context) => adminResponse(request, context, keys, sources),
  };
}

async function adminResponse(
  request: Request,
  { requestId, cachePurge }: RouteContext,
  keys: AdminKeys,
  sources: RouteSources,
): Promise<Response> {
  const verdict = await keys.check(request.headers.get('authorization'));
  if (!verdict.allowed) return keyRefusal(verdict.retryAfterSeconds, requestId);
  try {
    return jsonResponse(await route(request, verdict.key, { ...sources, purge: cachePurge() }), 200);
  } catch (error) {
    if (error instanceof AdminRefusal) return refusal(error, requestId);
    if (!(error instanceof ReleaseRefusal)) throw error;
    log.info('admin.refused', { requestId, code: error.code });
    const { code, message, details } = error;
    return refusal(new AdminRefusal(STATUS[code], code, message, details), requestId);
  }
}

type Handler = (request: Request, sources: AdminSources, names: readonly string[]) => Promise<unknown>;

const parametersOf = (request: Request) => new URL(request.url).searchParams;
const dayOf = (request: Request, { nowMs }: AdminSources) => sinceDay(parametersOf(request), nowMs());

/** By method and path, with the role that it needs; `:` stands for one decoded segment. */
const ROUTES: readonly (readonly [method: string, path: string, needs: KeyRole, handler: Handler])[] = [
  ['POST', '/admin/operations/check', 'publish', checkOperations],
  ['PUT', '/admin/operations', 'publish', storeOperations],
  ['POST', '/admin/operations/off', 'administer', postOff],
  ['POST', '/admin/operations/on', 'administer', postOn],
  ['POST', '/admin/operations/limit', 'administer', postLimit],
  [
    'GET',
    '/admin/operations/:',
    'read',
    (request, sources, [id = '']) => showOperation(id, parametersOf(request), sources),
  ],
  [
    'GET',
    '/admin/releases',
    'read',
    async (_request, { db }) => ({ releases: await listReleases(db), steered: await listSteering(db) }),
  ],
  ['POST', '/admin/releases/deprecate', 'administer', postDeprecate],
  ['POST', '/admin/releases/retire', 'administer', postRetire],
  ['POST', '/admin/releases/impact', 'read', postImpact],
  ['POST', '/admin/releases/restore', 'administer', postRestore],
  ['POST', '/admin/releases/rollback', 'administer', postRollback],
  [
    'PUT',
    '/admin/releases/:/:',
    'publish',
    (request, sources, [client = '', version = '']) => putRelease(request, { client, version }, sources),
  ],
  [
    'GET',
    '/admin/usage',
    'read',
    async (request, sources) => ({
      usage: await readUsage(sources.db, {
        client: parametersOf(request).get('client'),
        operationId: null,
        sinceDay: dayOf(request, sources),
      }),
    }),
  ],
  ['GET', '/admin/metrics', 'read', (request, sources) => showMetrics(parametersOf(request), sources)],
  [
    'GET',
    '/admin/audit',
    'read',
    async (request, sources) => ({ refusals: await readRefusals(sources.db, dayOf(request, sources)) }),
  ],
  ['POST', '/admin/caches/purge', 'administer', postPurge],
  ['GET', '/admin/chat/record', 'read', (request, sources) => showRecord(parametersOf(request), sources)],
  ['GET', '/admin/alerts', 'read', getAlerts],
  ['PUT', '/admin/alerts/silences/:', 'administer', putSilence],
  ['POST', '/admin/alerts/channels/:/test', 'administer', testChannel],
  ['GET', '/admin/reports/:', 'read', (_request, sources, [date = '']) => showReportLink(date, sources)],
  ['POST', '/admin/reports/:', 'administer', (_request, sources, [date = '']) => postReport(date, sources)],
  [
    'GET',
    '/admin/live-operations',
    'read',
    async (request, sources) => ({ operations: await liveOperations(sources.db, dayOf(request, sources)) }),
  ],
];

async function route(
  request: Request,
  key: KnownKey,
  sources: Omit<AdminSources, 'keyName'>,
): Promise<unknown> {
  const segments = new URL(request.url).pathname.split('/');
  const onPath = ROUTES.filter(([, path]) => matches(path.split('/'), segments));
  const found = onPath.find(([method]) => method === request.method);
  if (found === undefined) {
    if (onPath.length === 0) throw new AdminRefusal(404, 'NOT_FOUND', 'Nothing is here.');
    throw new AdminRefusal(405, 'BAD_USER_INPUT', `Use ${onPath.map(([method]) => method).join(' or ')}.`);
  }
  const [, path, needs, handler] = found;
  if (!mayDo(key.role, needs)) {
    const message = `The key ${key.name} has the role ${key.role}; this needs ${needs}.`;
    throw new AdminRefusal(403, 'FORBIDDEN', message);
  }
  // Alerts know no releases, and the rule about D1 can be silenced while D1 fails.
  if (!path.startsWith('/admin/alerts')) await recordBundledReleases(sources);
  const names = segments.filter((_, index) => path.split('/')[index] === ':').map(decode);
  return handler(request, { ...sources, keyName: key.name }, names);
}

const matches = (path: readonly string[], segments: readonly string[]) =>
  path.length === segments.length && path.every((part, index) => part === ':' || part === segments[index]);

function decode(segment: string): string {
  const name = decodedPart(segment);
  if (name === null) throw badInput('The path is not percent-encoded UTF-8.');
  return name;
}

function refusal(error: AdminRefusal, requestId: string): Response {
  const { status, code, message, details } = error;
  return jsonResponse(
    { errors: [{ message, extensions: { code, requestId, traceId: runningTrace()?.traceId, ...details } }] },
    status,
  );
}
