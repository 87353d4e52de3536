/**
 * The gateway with two users that can sign in, for the tests behind a shared cache alone; and the same gateway broken
 * on purpose, each way of which those tests have to notice.
 *
 * Beside the gateway's own headers an answer names who asked for it. The clock can be put forward: no test waits until
 * something is old.
 */
import type { GraphQLObjectType } from 'graphql';
import { CACHE_HINTS, type CacheHint } from '../../schema/cache-hints.ts';
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { schema } from '../../schema/schema.ts';
import { createIsolates } from '../../src/app/isolate.ts';
import { createWorker } from '../../src/app/worker.ts';
import type { Viewer } from '../../src/graphql/context.ts';
import { restRelease } from '../../src/operations/manifest.ts';
import { userNameOf } from './canaries.ts';
import { canaryUser } from './canary-user.ts';
import { ASKED_BY, type Breakage, CLOCK_PATH } from './harness.ts';

type HarnessEnv = Env & { BROKEN?: Breakage };

let aheadMs = 0;
const realNow = Date.now;
Date.now = () => realNow() + aheadMs;

// The price API fails on purpose, for hundreds of requests.
const { warn } = console;
console.warn = (line: unknown) => {
  if (!String(line).includes('"prices.on_demand_failed"')) warn(line);
};

/** Who sent the request that came last: only the broken gateway looks at it. */
let lastViewer: Viewer | null = null;

async function viewerOf(authorization: string | null): Promise<Viewer | null> {
  const name = userNameOf(authorization);
  return name === null ? null : canaryUser(name);
}

const gateway = createWorker(createIsolates({ viewerOf }));

export default {
  fetch: async (request, env, ctx) => {
    const { pathname } = new URL(request.url);
    if (pathname === CLOCK_PATH) {
      aheadMs += Number(await request.text()) * 1000;
      return new Response(null, { status: 204 });
    }
    breakBefore(env.BROKEN);
    lastViewer = await viewerOf(request.headers.get('authorization'));
    const answer = await gateway.fetch(request, env, ctx);
    const { status, body, headers } = breakAfter(env.BROKEN, request, answer);
    const marked = new Headers(headers);
    marked.set(ASKED_BY, askedBy(request.headers));
    return new Response(body, { status, headers: marked });
  },
  scheduled: (controller, env, ctx) => gateway.scheduled(controller, env, ctx),
} satisfies ExportedHandler<HarnessEnv>;

function askedBy(headers: Headers): string {
  const isSigned = headers.has('authorization') || headers.has('cookie');
  return isSigned ? (userNameOf(headers.get('authorization')) ?? 'impostor') : 'stranger';
}

const PROFILE = [
  ...(['email', 'walletAddresses', 'displayName', 'avatarUrl'] as const),
  ...(['kycLevel', 'userLevel', 'permissions', 'createdAt'] as const),
];

function breakBefore(broken: Breakage | undefined): void {
  if (broken !== 'scope' && broken !== 'scope and viewer') return;
  const hints = CACHE_HINTS as Record<string, CacheHint>;
  const lifetime = { maxAgeSeconds: 60, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 60 };
  for (const [coordinate, { scope }] of Object.entries(hints)) {
    if (scope === 'private') hints[coordinate] = { lifetime };
  }
  // The policies of `/api` were computed when the project was built.
  for (const operation of restRelease.operations) {
    if (operation.kind === 'query') operation.cachePolicy = { ...lifetime, scope: 'public', tags: [] };
  }
  if (broken === 'scope') return;
  const viewer = schema.getQueryType()?.getFields().viewer;
  if (viewer !== undefined) viewer.resolve = () => lastViewer;
  // The scopes of User would still hide the fields.
  const fields = (schema.getType('User') as GraphQLObjectType).getFields();
  for (const name of PROFILE) {
    const field = fields[name];
    if (field !== undefined) field.resolve = (user: Viewer) => user[name];
  }
  if (fields.id !== undefined) fields.id.resolve = (user: Viewer) => encodeGlobalId('User', user.id);
}

function breakAfter(broken: Breakage | undefined, request: Request, answer: Response): Response {
  if (broken === 'headers') {
    const headers = new Headers(answer.headers);
    headers.set('Cache-Control', 'public, max-age=60');
    return new Response(answer.body, { status: answer.status, headers });
  }
  const held = request.headers.get('if-none-match');
  if (broken === 'validator' && held !== null) {
    const headers = new Headers(answer.headers);
    headers.set('ETag', held);
    return new Response(null, { status: 304, headers });
  }
  return answer;
}
