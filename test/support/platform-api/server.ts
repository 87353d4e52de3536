/**
 * The simulated API of the platform, over HTTP, for real wrangler and the platform's SDK in tests. It keeps state as the platform
 * does, and knows nothing of the project's own code.
 *
 * It does: one account with one zone, and one token with all rights; Workers with their versions, deployments, Durable Object
 * classes, secrets, schedules and custom domains; D1 with bookmarks, imports and its limits; KV; R2 buckets with their rules;
 * the zone's settings, records, rules, lists and balancers. It records each call, and fails as a test plants it.
 *
 * It does not: serve requests (edge.ts does), run crons, limit calls, delay (a change is seen at once), make DNS records of custom
 * domains, keep assets, or check rights of a token. Error codes are the platform's where they are known; the code for a version from
 * before a class change is not. Anything without a route is answered with 501 and kept in `unsupported`, and so is any other server
 * that wrangler wants to reach.
 *
 * By hand: `node test/support/platform-api/server.ts` prints the variables for a shell, and runs until Ctrl-C.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { WRANGLER_ENVIRONMENT } from '../../../scripts/start/run-command.ts';
import { account } from './account.ts';
import { d1 } from './d1.ts';
import { type Fault, type FaultMatch, Faults } from './faults.ts';
import { kv } from './kv.ts';
import { r2 } from './r2.ts';
import { ApiError, type ApiRequest, Page, type Resource } from './resource.ts';
import { createRouter } from './routes.ts';
import { createState, type PlatformState } from './state.ts';
import { workersScripts } from './workers-scripts.ts';
import { workersTriggers } from './workers-triggers.ts';
import { workersVersions } from './workers-versions.ts';
import { zone } from './zone.ts';
import { zoneBalancers } from './zone-balancers.ts';
import { zoneBucketDomains } from './zone-bucket-domains.ts';
import { zoneLists } from './zone-lists.ts';
import { zoneRecords } from './zone-records.ts';
import { zoneRulesets } from './zone-rulesets.ts';
import { zoneSettings } from './zone-settings.ts';

const RESOURCES: readonly Resource[] = [
  account,
  d1,
  kv,
  r2,
  zone,
  zoneBalancers,
  zoneBucketDomains,
  zoneLists,
  zoneRecords,
  zoneRulesets,
  zoneSettings,
  workersScripts,
  workersTriggers,
  workersVersions,
];

const PREFIX = '/client/v4';
/** Its output stays: tests read it. */
const { WRANGLER_LOG: _, ...QUIET_WRANGLER } = WRANGLER_ENVIRONMENT;
/** The codes of the platform: an unknown token, and a failure of its own. */
const AUTHENTICATION_ERROR = 10_000;
const INTERNAL_ERROR = 10_013;

export interface Call {
  method: string;
  /** After `/client/v4`, with the query. */
  path: string;
  /** Parsed where it is JSON; else as text. Forms are left as bytes. */
  body: unknown;
  /** Undefined until it is answered, and where it never is. */
  status: number | undefined;
}

export interface PlatformApi extends PlatformState {
  /** For CLOUDFLARE_API_BASE_URL. */
  readonly url: string;
  readonly token: string;
  /** In the order in which they came. */
  readonly calls: readonly Call[];
  /** Calls that it has no route for, as `GET /path`, and other servers that wrangler wanted to reach, as `CONNECT host:443`. */
  readonly unsupported: string[];
  readonly faults: Faults;
  /** Resolves when a call meets it. */
  failNext(match: FaultMatch, fault: Fault): Promise<void>;
  /**
   * The variables that point wrangler and the SDK here, and keep wrangler from telling its makers. Calls of any other server come here
   * too, to be refused.
   */
  env(): Record<string, string>;
  close(): Promise<void>;
}

export async function startPlatformApi({ zoneName = 'com2000.example' } = {}): Promise<PlatformApi> {
  const state = createState({ accountId: 'a'.repeat(32), zoneId: 'b'.repeat(32), zoneName });
  const token = 'simulated-platform-token-0000000000000000';
  const calls: Call[] = [];
  const unsupported: string[] = [];
  const faults = new Faults();
  const findRoute = createRouter(RESOURCES);

  async function answer(request: IncomingMessage, call: Call, body: Buffer): Promise<Response> {
    const url = new URL(call.path, 'http://platform');
    const found = findRoute(call.method, url.pathname);
    if (!found?.route.isPublic && request.headers.authorization !== `Bearer ${token}`)
      throw new ApiError(403, AUTHENTICATION_ERROR, 'Authentication error');
    if (found === undefined) {
      unsupported.push(`${call.method} ${url.pathname}`);
      throw new ApiError(501, 0, `The simulated platform does not do ${call.method} ${url.pathname}`);
    }
    const { route, params } = found;
    if ((params.accountId ?? state.accountId) !== state.accountId)
      throw new ApiError(403, AUTHENTICATION_ERROR, 'Authentication error');
    if ((params.zoneId ?? state.zoneId) !== state.zoneId)
      throw new ApiError(403, AUTHENTICATION_ERROR, 'Authentication error');
    const result = await route.handle(requestOf(call.method, url, request, body, params), state);
    if (result instanceof Response) return result;
    if (result instanceof Page)
      return Response.json({ ...success(result.result), result_info: result.resultInfo });
    return Response.json(success(result));
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const path = (request.url ?? '').replace(PREFIX, '');
    const body = await buffer(request);
    const call: Call = { method, path, body: readable(body, request), status: undefined };
    calls.push(call);
    const fault = faults.take(method, path.replace(/\?.*/, ''));
    if (fault === undefined || fault.after || fault.until) {
      const answered = await answer(request, call, body).catch(refusal);
      await fault?.until;
      if (!fault?.after) return send(response, call, answered);
    }
    if (fault.hang) return;
    if (fault.drop) request.socket.destroy();
    else await send(response, call, faultResponse(fault));
  }

  const server = createServer((request, response) => {
    // A client that left while it was answered is no failure of the test.
    serve(request, response).catch((error) => response.destroy(error));
  });
  server.on('connect', (request, socket) => {
    unsupported.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 501 Not Implemented\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${PREFIX}`;
  return {
    ...state,
    url,
    token,
    calls,
    unsupported,
    faults,
    failNext: (match, fault) => faults.failNext(match, fault),
    env: () => ({
      ...QUIET_WRANGLER,
      CLOUDFLARE_API_BASE_URL: url,
      CLOUDFLARE_API_TOKEN: token,
      CLOUDFLARE_ACCOUNT_ID: state.accountId,
      CLOUDFLARE_ZONE_ID: state.zoneId,
      HTTPS_PROXY: new URL(url).origin,
    }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      state.databases.close();
    },
  };
}

const success = (result: unknown) => ({ result, success: true, errors: [], messages: [] });

const failure = (errors: ApiError['errors']) => ({ result: null, success: false, errors, messages: [] });

function refusal(error: unknown): Response {
  if (error instanceof ApiError) return Response.json(failure(error.errors), { status: error.status });
  const message = `The simulated platform is broken: ${error instanceof Error ? error.stack : error}`;
  return Response.json(failure([{ code: INTERNAL_ERROR, message }]), { status: 500 });
}

function faultResponse({ status = 500, body, headers = {} }: Fault): Response {
  if (typeof body === 'string') return new Response(body, { status, headers });
  return Response.json(
    body ?? failure([{ code: INTERNAL_ERROR, message: 'An unknown error has occurred' }]),
    { status, headers },
  );
}

function requestOf(
  method: string,
  url: URL,
  request: IncomingMessage,
  body: Buffer,
  params: Record<string, string>,
): ApiRequest {
  const headers = new Headers(request.headers as Record<string, string>);
  const bytes = new Uint8Array(body);
  return {
    method,
    url,
    headers,
    body: bytes,
    params,
    param(name) {
      const part = params[name];
      if (part === undefined) throw new Error(`The path has no part ${name}`);
      return part;
    },
    json<Body>() {
      try {
        return JSON.parse(body.toString()) as Body;
      } catch {
        throw new ApiError(400, 10_021, 'The request body is not valid JSON');
      }
    },
    form: () => new Response(bytes, { headers }).formData(),
  };
}

function readable(body: Buffer, request: IncomingMessage): unknown {
  if (request.headers['content-type']?.startsWith('multipart/')) return body;
  try {
    return JSON.parse(body.toString());
  } catch {
    return body.toString();
  }
}

async function send(response: ServerResponse, call: Call, answer: Response): Promise<void> {
  call.status = answer.status;
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

if (import.meta.main) {
  const variables = Object.entries((await startPlatformApi()).env());
  process.stdout.write(variables.map(([name, value]) => `export ${name}=${value}\n`).join(''));
}
