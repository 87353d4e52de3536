/**
 * `/api`: for clients that speak no GraphQL. Each endpoint is a persisted operation of the release `rest`. Rights, limits,
 * caching, use counts and deprecation are the operation's, by `serving/`; an endpoint has its parameters and the shape
 * of its answer alone.
 *
 * Only a bearer token says who asks, which no page of a foreign site can make a browser send. So a GET of what is private
 * needs no header against cross-site requests.
 */
import { type ExecutionResult, GraphQLError } from 'graphql';
import { requestClientOf, UNKNOWN_CLIENT } from '../auth/request-client.ts';
import type { ExecutedAnswer } from '../cache/cached-answers.ts';
import type { CacheKey } from '../cache/response-cache.ts';
import type { FaultListener, GatewayContext, RequestClient, Viewer, ViewerOf } from '../graphql/context.ts';
import type { OwnOfRequest } from '../graphql/request-context.ts';
import { Answer } from '../http/answer.ts';
import { BYPASSED, cachedAnswer, deprecated } from '../http/cached-answer.ts';
import { JSON_MEDIA_TYPE } from '../http/media-types.ts';
import type { MemoryHits } from '../http/memory-hits.ts';
import type { Route, RouteContext } from '../http/router.ts';
import { pathOf } from '../http/url-parts.ts';
import type { BundledRelease } from '../operations/manifest.ts';
import { type Liveness, mayRun, type OperationRegistry } from '../operations/registered-operation.ts';
import { measurePreparation, type PreparedOperation } from '../serving/prepare-operation.ts';
import { logFinishedRequest } from '../serving/request-log.ts';
import { failuresOf, type Serving } from '../serving/serving.ts';
import { viewerOfOperation } from '../serving/viewer-of-operation.ts';
import { type Endpoint, isProtected } from './endpoint.ts';
import { createFindEndpoints } from './find-endpoint.ts';
import { IncomingCall } from './incoming-call.ts';
import { outcomeOf } from './rest-outcome.ts';
import {
  JSON_UTF_8,
  malformedPath,
  methodNotAllowed,
  nothingThere,
  RestRefusal,
  refusalOfError,
  refusedAsRest,
  signInRequired,
} from './rest-refusal.ts';

export interface RestRouteOptions {
  endpoints: readonly Endpoint[];
  release: BundledRelease;
  serving: Serving;
  registry: OperationRegistry;
  memoryHits: MemoryHits;
  viewerOf: ViewerOf;
  createContext(own: OwnOfRequest): GatewayContext;
  /** The id of the Worker's version. Another version may give an answer another shape. */
  workerVersion: string;
  nowMs(): number;
}

const REST_PATHS = ['/api', '/api/*'];
export const isRestPath = (path: string) => path === '/api' || path.startsWith('/api/');

/** One request, and the contexts that it may be executed in. */
interface Exchange extends RouteContext, FaultListener {
  incoming: IncomingCall;
  contextOf(viewer: Viewer | null, client: RequestClient): GatewayContext;
}

export function createRestRoute(options: RestRouteOptions): Route {
  const { endpoints, release, serving, registry, memoryHits, viewerOf, workerVersion, nowMs } = options;
  const find = createFindEndpoints(endpoints);
  const operations = new Map(release.operations.map((operation) => [operation.name, operation]));
  const identity = { name: release.client, version: release.version };

  async function answered(exchange: Exchange): Promise<Response | Answer> {
    const { incoming, admit, countHit } = exchange;
    const { request, endpoint } = incoming.call;
    const envelope = { url: request.url, body: null };
    const known = endpoint.method === 'GET' ? memoryHits.recall(envelope) : undefined;
    if (known !== undefined && memoryHits.holds(known, nowMs())) countHit();
    else {
      const refused = await admit();
      if (refused !== null) return refused;
    }
    const liveness = known && registry.known(known.operationId, nowMs());
    if (known !== undefined && liveness !== undefined && mayRun(liveness)) {
      incoming.countUse();
      return shared(exchange, known.key, liveness);
    }
    const viewer = isProtected(endpoint) ? await signedIn(request) : null;
    const preparation = await incoming.countedPreparation();
    measurePreparation(exchange.measured, preparation);
    if (!preparation.ok) throw preparation.error;
    const { prepared } = preparation;
    const ofOperation = await serving.cacheKeyOf(prepared);
    const state = prepared.chosen.found?.liveness ?? null;
    if (ofOperation === null) return deprecated(await own(exchange, prepared, viewer), state);
    // Its shape is the endpoint's own, as this version of the Worker makes it; KV keeps what other versions made.
    const key = { ...ofOperation, text: `${endpoint.path} ${workerVersion} ${ofOperation.text}` };
    memoryHits.remember(envelope, prepared, key, JSON_MEDIA_TYPE, 'rest');
    return shared(exchange, key, state);
  }

  /** The answer that anybody may have, kept or executed. */
  async function shared(exchange: Exchange, key: CacheKey, liveness: Liveness | null): Promise<Answer> {
    const { incoming, waitUntil, contextOf } = exchange;
    const { request, endpoint } = incoming.call;
    // A hit needs neither.
    let parameters: Record<string, unknown> = {};
    let refusal: RestRefusal | null = null;
    const preparation = async () => {
      parameters = await incoming.parameters();
      return incoming.preparation();
    };
    const present = (result: ExecutionResult): ExecutedAnswer => {
      const outcome = outcomeOf(endpoint, result, { parameters, executedAtMs: nowMs() });
      if (outcome instanceof RestRefusal) {
        refusal = outcome;
        return { ...failuresOf(result), body: new Uint8Array(), hasErrors: true };
      }
      return { ...failuresOf(result), body: utf8.encode(JSON.stringify(outcome.body)) };
    };
    const served = await serving.serve(key, preparation, {
      isConditional: request.headers.has('if-none-match'),
      waitUntil,
      createPublicContext: () => contextOf(null, UNKNOWN_CLIENT),
      present,
    });
    if (served.outcome === 'REFUSED') throw served.error;
    if (served.outcome === 'BYPASS' && refusal !== null)
      return deprecated(refusedBy(refusal, exchange), liveness);
    const cached = { request, key, served, mediaType: JSON_MEDIA_TYPE, isNegotiated: false, nowMs: nowMs() };
    return deprecated(cachedAnswer(cached), liveness);
  }

  /** The answer for its caller alone. */
  async function own(
    exchange: Exchange,
    prepared: PreparedOperation,
    signedInViewer: Viewer | null,
  ): Promise<Answer> {
    const { incoming, contextOf } = exchange;
    const { request, endpoint } = incoming.call;
    const authorization = request.headers.get('authorization');
    const viewer = signedInViewer ?? (await viewerOfOperation(prepared.operation, authorization, viewerOf));
    const result = await serving.execute(prepared, contextOf(viewer, requestClientOf(request.headers)));
    const asked = { parameters: await incoming.parameters(), executedAtMs: nowMs() };
    const outcome = outcomeOf(endpoint, result, asked);
    if (outcome instanceof RestRefusal) return refusedBy(outcome, exchange);
    const { status, body } = outcome;
    if (body === null) return new Answer(null, { ...BYPASSED }, status);
    const headers = { ...BYPASSED, 'Content-Type': JSON_UTF_8 };
    return new Answer(JSON.stringify(body), headers, status);
  }

  /** @throws RestRefusal or GraphQLError where nobody is. */
  async function signedIn({ headers, method }: Request): Promise<Viewer> {
    const viewer = await viewerOf(
      headers.get('authorization'),
      method === 'GET' ? 'cached' : 'authoritative',
    );
    if (viewer === null) throw signInRequired();
    return viewer;
  }

  /** @throws RestRefusal where no endpoint is. */
  function callOf(request: Request) {
    const path = pathOf(request.url);
    if (isProtected({ path }) && !request.headers.has('authorization')) throw signInRequired();
    const found = find(path);
    if (found === null) throw nothingThere();
    const endpoint = found.byMethod.get(request.method);
    if (endpoint === undefined) throw methodNotAllowed([...found.byMethod.keys()]);
    if (found.malformed.length > 0) throw malformedPath(found.malformed);
    const operation = operations.get(endpoint.operation);
    if (operation === undefined) throw new Error(`${endpoint.operation} is not in the release`);
    return { request, endpoint, path: found.path, operation, release: identity };
  }

  return {
    paths: REST_PATHS,
    hasPreflight: true,
    admits: true,
    runsOperations: true,
    refuse: refusedAsRest,
    async handle(request, context) {
      const { requestId, admit, measured } = context;
      measured.transport = 'rest';
      const faults: string[] = [];
      const reported = {
        ...context,
        onFault: (code: string) => {
          faults.push(code);
          measured.fault();
        },
        onErrors: measured.failed,
      };
      let incoming: IncomingCall | undefined;
      let status = 500;
      try {
        incoming = new IncomingCall(callOf(request), serving);
        const contextOf = (viewer: Viewer | null, client: RequestClient) =>
          options.createContext({ ...reported, viewer, client });
        const answer = await answered({ ...reported, incoming, contextOf });
        status = answer.status;
        return answer;
      } catch (error) {
        const refusal =
          error instanceof GraphQLError ? refusalOfError(error, incoming?.call.endpoint.parameters) : error;
        const refused = await admit();
        if (refused !== null) {
          status = refused.status;
          return refused;
        }
        if (!(refusal instanceof RestRefusal)) throw error;
        status = refusal.status;
        const liveness = incoming && registry.known(incoming.call.operation.id, nowMs());
        return deprecated(refusedBy(refusal, context), liveness ?? null);
      } finally {
        const durationMs = nowMs() - measured.startedAtMs;
        const asked = incoming;
        if (asked !== undefined) {
          measured.route = '';
          measured.operation = asked.measured;
          measured.client = asked.client;
          logFinishedRequest({ requestId, transport: 'http', status, durationMs, faults }, () =>
            asked.asked(),
          );
        }
      }
    },
  };
}

function refusedBy(refusal: RestRefusal, { requestId, measured }: RouteContext): Answer {
  measured.refused(refusal.code);
  return refusal.answer(requestId);
}

const utf8 = new TextEncoder();
