/**
 * Smoke tests of one version of the Worker, as clients ask it.
 *
 * Guarantees that the version itself has answered: `/health` names it before the other requests and after them, and no cache in
 * front answers in its place. `Cloudflare-Workers-Version-Overrides` sends a request to a version of the current deployment, also
 * at 0 %; it may take seconds to be known everywhere
 * (developers.cloudflare.com/workers/versions-and-deployments/version-overrides). Jobs that are late are no finding: they are the
 * monitor's.
 */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { retry } from '../deploy/retry.ts';
import { type AskedGateway, ask } from '../monitor/ask-gateway.ts';
import { type Health, observeGateway } from '../monitor/observe-gateway.ts';
import { PERSISTED_QUERY, queried } from '../monitor/persisted-query.ts';
import { askBySocket } from './ask-by-socket.ts';
import { headerProblems } from './header-problems.ts';

const VERSION_ATTEMPTS = 15;
const VERSION_RETRY_MS = 2_000;

export interface SmokeFinding {
  /** The request that shows it. */
  check: string;
  problem: string;
}

export interface SmokeSources {
  /** The address of the gateway, as clients ask it. */
  origin: string;
  /** Null: any version that the platform chooses. */
  version: { workerName: string; versionId: string } | null;
  /** Further addresses of the gateway, where a WebSocket is opened. */
  socketOrigins?: readonly string[];
  fetch: AskedGateway['fetch'];
  nowMs(): number;
  sleep(ms: number): Promise<unknown>;
}

/** Empty where all is well. */
export async function smokeTest(sources: SmokeSources): Promise<readonly SmokeFinding[]> {
  const headers = headersOf(sources.version);
  const seen: SmokeFinding[] = [];
  const gateway: AskedGateway = {
    url: sources.origin,
    nowMs: sources.nowMs,
    async fetch(url, init) {
      const response = await sources.fetch(url, { ...init, headers: { ...init.headers, ...headers } });
      const check = `${init.method ?? 'GET'} ${url.pathname}`;
      seen.push(...headerProblems(url, response.headers).map((problem) => ({ check, problem })));
      return response;
    },
  };
  const unreached = await versionProblem(gateway, sources);
  if (unreached !== null) return [{ check: 'GET /health', problem: unreached }];
  const { health, endpoints } = await observeGateway({ ...gateway, countedAt: null });
  const others = [
    { name: 'GET /health', problem: health.problem ?? healthProblem(health.body) },
    ...endpoints,
    { name: `${PERSISTED_QUERY.name} by POST`, ...(await askByPost(gateway)) },
    { name: 'a document that is not registered', problem: await documentProblem(gateway, health.body) },
    ...(await socketChecks(sources, headers)),
    // The deployment may have changed meanwhile.
    { name: 'GET /health', problem: await versionProblem(gateway, sources) },
  ];
  const found = others.flatMap(({ name, problem }) => (problem === null ? [] : [{ check: name, problem }]));
  const texts = new Map(
    [...found, ...seen].map((finding) => [`${finding.check} ${finding.problem}`, finding]),
  );
  return [...texts.values()];
}

function socketChecks(
  { origin, socketOrigins = [] }: SmokeSources,
  headers: Readonly<Record<string, string>>,
) {
  const name = `${PERSISTED_QUERY.name} over a WebSocket`;
  const further = socketOrigins.map((address) => ({ name: `${name} at ${address}`, address }));
  const checks = [{ name, address: origin }, ...further].map(async (check) => ({
    ...check,
    problem: await askBySocket(check.address, headers),
  }));
  return Promise.all(checks);
}

/**
 * The key of Workers Caching has `Cloudflare-Workers-Version-Key` in it (developers.cloudflare.com/workers/cache/cache-keys): no
 * stored answer has that of this run.
 */
function headersOf(version: SmokeSources['version']): Record<string, string> {
  const ownCache = { 'cloudflare-workers-version-key': `smoke-${randomUUID()}` };
  if (version === null) return ownCache;
  const { workerName, versionId } = version;
  return { ...ownCache, 'cloudflare-workers-version-overrides': `${workerName}="${versionId}"` };
}

const versioned = z.object({ version: z.object({ worker: z.string() }) });

/** Waits until the version answers. Null where it does, and where no version is asked for. */
async function versionProblem(
  gateway: AskedGateway,
  { version, sleep }: SmokeSources,
): Promise<string | null> {
  if (version === null) return null;
  const { versionId } = version;
  const { problem } = await retry(look, {
    attempts: VERSION_ATTEMPTS,
    pauseMs: VERSION_RETRY_MS,
    // No version is there, where nothing answers.
    isOver: (looked) => looked.problem === null || looked.status === null,
    sleep,
  });
  return problem;

  async function look() {
    const health = await ask(gateway, '/health', [200, 503], (body) => versioned.parse(body));
    const { status } = health;
    const answered = health.body?.version.worker;
    if (answered === versionId) return { status, problem: null };
    const otherText = `the version ${answered} answered, and not ${versionId}: the override is not applied`;
    return { status, problem: health.problem ?? otherText };
  }
}

function healthProblem(body: Health | null): string | null {
  const failed = Object.entries(body?.checks ?? {}).filter(([, outcome]) => outcome !== 'ok');
  return failed.length === 0 ? null : `${failed.map(([store]) => store).join(' and ')} cannot be asked`;
}

function askByPost(gateway: AskedGateway) {
  const { documentId, variables } = PERSISTED_QUERY;
  return ask(gateway, '/graphql', [200], (body) => queried.parse(body), jsonOf({ documentId, variables }));
}

/** By mode: the status and the code (test/contracts/http.md, "Refusals"). The other modes run any document. */
const REFUSALS: Readonly<Record<string, { status: number; code: string }>> = {
  id_only: { status: 400, code: 'PERSISTED_QUERY_ID_REQUIRED' },
  safelist: { status: 403, code: 'QUERY_NOT_IN_SAFELIST' },
};

async function documentProblem(gateway: AskedGateway, health: Health | null): Promise<string | null> {
  const refusal = REFUSALS[health?.mode ?? ''];
  if (refusal === undefined) return null;
  const refused = z.object({
    errors: z.tuple([z.object({ extensions: z.object({ code: z.literal(refusal.code) }) })]),
  });
  const query = `query Smoke${randomUUID().replaceAll('-', '')} { __typename }`;
  const { problem } = await ask(
    gateway,
    '/graphql',
    [refusal.status],
    (body) => refused.parse(body),
    jsonOf({ query }),
  );
  return problem;
}

const jsonOf = (body: unknown) => ({
  method: 'POST' as const,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
