/**
 * `/graphql` over HTTP: an answer that anybody may have comes from `serving/`, every other operation goes through Yoga,
 * and a refusal has the status that the wire contract gives.
 */
import { OperationTypeNode } from 'graphql';
import { requestClientOf, UNKNOWN_CLIENT } from '../auth/request-client.ts';
import type { FaultListener, GatewayContext, RequestClient, Viewer, ViewerOf } from '../graphql/context.ts';
import { renderGraphiQL } from '../graphql/graphiql.ts';
import type { OwnOfRequest } from '../graphql/request-context.ts';
import { createGraphQLHandler, type YogaOptions } from '../graphql/yoga.ts';
import { clientOf } from '../operations/client-identity.ts';
import { type Liveness, mayRun, type OperationRegistry } from '../operations/registered-operation.ts';
import { logFinishedRequest } from '../serving/request-log.ts';
import type { Serving } from '../serving/serving.ts';
import { viewerOfOperation } from '../serving/viewer-of-operation.ts';
import { type Answer, NOT_STORED } from './answer.ts';
import { bypassing, cachedAnswer, deprecated, refusalAnswer } from './cached-answer.ts';
import { onceAsEvents, subscriptionAsEvents, withoutConditions } from './event-stream-route.ts';
import { codeOfRefusal, foreignPageRefusal, methodRefusal } from './graphql-refusals.ts';
import { type Envelope, IncomingOperation } from './incoming-operation.ts';
import { type AcceptedForms, GRAPHQL_RESPONSE, type MediaTypes } from './media-types.ts';
import type { MemoryHits, RecognisedRequest } from './memory-hits.ts';
import type { Route, RouteContext } from './router.ts';

export interface GraphQLRouteOptions extends YogaOptions {
  serving: Serving;
  registry: OperationRegistry;
  memoryHits: MemoryHits;
  mediaTypes: MediaTypes;
  /** A browser's address bar gets the GraphiQL page. */
  graphiql: boolean;
  /** Origins whose pages may send credentials. */
  corsOrigins: readonly string[];
  /** The handshake of a socket to a hub of subscriptions. */
  openSocket(request: Request): Promise<Response>;
  viewerOf: ViewerOf;
  createContext(own: OwnOfRequest): GatewayContext;
  nowMs(): number;
}

/** One request, and the contexts that it may be executed in. */
interface Exchange extends RouteContext, FaultListener {
  request: Request;
  accepted: AcceptedForms;
  /** Without a viewer: its answer may be anybody's. */
  createPublicContext(): GatewayContext;
  createContext(): Promise<GatewayContext>;
}

const PATHS = ['/graphql', '/graphql/*'];
export const isGraphQLPath = (path: string) => path === '/graphql' || path.startsWith('/graphql/');

export function createGraphQLRoute(options: GraphQLRouteOptions): Route {
  const { serving, registry, memoryHits, mediaTypes, graphiql, corsOrigins, openSocket, nowMs } = options;
  // An isolate that serves from the cache alone never needs it.
  let yoga: ReturnType<typeof createGraphQLHandler> | undefined;

  async function answerOnce(incoming: IncomingOperation, exchange: Exchange): Promise<Response | Answer> {
    const { accepted, measured } = exchange;
    const envelope = await incoming.envelope();
    const known = envelope === null ? undefined : memoryHits.recall(envelope);
    if (known !== undefined && memoryHits.holds(known, nowMs())) exchange.countHit();
    else {
      const refused = await exchange.admit();
      if (refused !== null) return refused;
    }
    // A remembered request is no subscription.
    const stream =
      accepted.takesEvents && known === undefined ? await subscription(incoming, exchange) : null;
    if (stream !== null) return stream;
    const mediaType = accepted.json;
    if (mediaType !== null) {
      const shared = envelope && (await sharedAnswer({ incoming, envelope, known, exchange, mediaType }));
      if (shared !== null) return shared;
      const preparation = await incoming.countedPreparation();
      const refusal = preparation.ok ? null : refusalAnswer(preparation.error, mediaType);
      if (refusal !== null) {
        measured.refused(codeOfRefusal(preparation));
        return bypassing(refusal);
      }
    }
    return answerByYoga(incoming, exchange);
  }

  /** Null where the answer is the caller's own, or is refused before it begins. */
  async function sharedAnswer(asked: Asked): Promise<Answer | null> {
    const { incoming, exchange, mediaType } = asked;
    const { request, waitUntil, createPublicContext } = exchange;
    const found = await sharedOperation(asked);
    if (found === null) return null;
    const served = await serving.serve(found.key, () => incoming.preparation(), {
      // A condition of a POST is about something else.
      isConditional: request.method === 'GET' && request.headers.has('if-none-match'),
      waitUntil,
      createPublicContext,
    });
    if (served.outcome === 'REFUSED') {
      // Prepared, it began and was cancelled.
      const { ok } = await incoming.countedPreparation();
      const refusal = ok ? refusalAnswer(served.error, mediaType) : null;
      return refusal && bypassing(refusal);
    }
    const answer = cachedAnswer({
      request,
      key: found.key,
      served,
      mediaType,
      isNegotiated: true,
      nowMs: nowMs(),
    });
    return deprecated(answer, found.liveness);
  }

  async function sharedOperation({ incoming, envelope, known, exchange }: Asked) {
    const liveness = known && registry.known(known.operationId, nowMs());
    if (known !== undefined && liveness !== undefined && mayRun(liveness)) {
      const client = clientOf(exchange.request.headers, known.releaseClient);
      incoming.countUse(known, client);
      return { key: known.key, liveness };
    }
    const preparation = await incoming.countedPreparation();
    if (!preparation.ok) return null;
    const { prepared } = preparation;
    const key = await serving.cacheKeyOf(prepared);
    if (key === null) return null;
    memoryHits.remember(envelope, prepared, key, null, exchange.request.method === 'GET' ? 'get' : 'post');
    return { key, liveness: prepared.chosen.found?.liveness ?? null };
  }

  async function answerByYoga(incoming: IncomingOperation, exchange: Exchange): Promise<Response> {
    const { request, requestId, accepted, onFault, onErrors, measured, createContext } = exchange;
    let liveness: Liveness | null = null;
    const prepare = async () => {
      const preparation = await incoming.countedPreparation();
      if (!preparation.ok) throw preparation.error;
      liveness = preparation.prepared.chosen.found?.liveness ?? null;
      return preparation.prepared;
    };
    yoga ??= createGraphQLHandler(options);
    const response = await yoga.fetch(request, {
      requestId,
      mediaType: accepted.json,
      onFault,
      onErrors,
      onBody: (bytes) => {
        measured.bytes = bytes;
      },
      prepare,
      createContext,
    });
    return deprecated(bypassing(response), liveness);
  }

  /** The events of a subscription; null where the operation is none, or is refused. */
  async function subscription(incoming: IncomingOperation, exchange: Exchange): Promise<Response | null> {
    const { request, requestId, measured, createContext } = exchange;
    const preparation = await incoming.preparation();
    if (!preparation.ok || preparation.prepared.operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return null;
    incoming.leaveCountingToHub();
    measured.transport = 'sse';
    const { prepared } = preparation;
    const answerAsJson = () => jsonInPlaceOfEvents(incoming, exchange);
    return subscriptionAsEvents({
      request,
      requestId,
      prepared,
      answerAsJson,
      identify: createContext,
      openSocket,
      measured,
    });
  }

  /** The answer to a query or a mutation, in a stream or as a refusal. */
  async function answerAsEvents(incoming: IncomingOperation, exchange: Exchange): Promise<Response> {
    const refused = await exchange.admit();
    if (refused !== null) return refused;
    const stream = await subscription(incoming, exchange);
    if (stream !== null) return stream;
    const answer = await jsonInPlaceOfEvents(incoming, exchange);
    const { ok } = await incoming.preparation();
    // Every answer with data has this status, and no other answer to a prepared operation has.
    return ok && answer.status === 200 ? onceAsEvents(answer, exchange.measured) : answer;
  }

  async function jsonInPlaceOfEvents(incoming: IncomingOperation, exchange: Exchange): Promise<Response> {
    const request = withoutConditions(exchange.request);
    const answer = await answerOnce(incoming, { ...exchange, request, accepted: JSON_ALONE });
    return answer instanceof Response ? answer : answer.response(exchange.requestId);
  }

  return {
    paths: PATHS,
    hasPreflight: true,
    admits: true,
    runsOperations: true,
    async handle(request, context) {
      const { requestId, measured } = context;
      const { method, headers } = request;
      if (method !== 'GET' && method !== 'POST') return (await context.admit()) ?? methodRefusal(context);
      if (method === 'GET' && headers.get('upgrade')?.toLowerCase() === 'websocket') {
        measured.transport = 'ws';
        return (
          (await context.admit()) ?? foreignPageRefusal(request, corsOrigins, context) ?? openSocket(request)
        );
      }
      const accepted = mediaTypes.accepted(headers.get('accept'));
      if (graphiql && method === 'GET' && accepted.prefersPage) return graphiqlPage();
      const faults: string[] = [];
      const own = {
        ...context,
        onFault: (code: string) => {
          faults.push(code);
          measured.fault();
        },
        onErrors: measured.failed,
      };
      measured.route = '';
      if (accepted.prefersEvents) measured.transport = 'sse';
      const contextOf = (viewer: Viewer | null, client: RequestClient) =>
        options.createContext({ ...own, viewer, client });
      const incoming = new IncomingOperation(request, serving, corsOrigins, measured, context.envelope);
      const exchange: Exchange = {
        ...own,
        request,
        accepted,
        createPublicContext: () => contextOf(null, UNKNOWN_CLIENT),
        createContext: async () => {
          const preparation = await incoming.preparation();
          if (!preparation.ok) throw preparation.error;
          const { operation } = preparation.prepared;
          const viewer = await viewerOfOperation(operation, headers.get('authorization'), options.viewerOf);
          return contextOf(viewer, requestClientOf(headers));
        },
      };
      let status = 500;
      try {
        const answer = accepted.prefersEvents
          ? await answerAsEvents(incoming, exchange)
          : await answerOnce(incoming, exchange);
        status = answer.status;
        return answer;
      } finally {
        const durationMs = nowMs() - measured.startedAtMs;
        logFinishedRequest({ requestId, transport: 'http', status, durationMs, faults }, () =>
          incoming.asked(),
        );
      }
    },
  };
}

/** For an answer that would be events. */
const JSON_ALONE: AcceptedForms = {
  json: GRAPHQL_RESPONSE,
  prefersEvents: false,
  takesEvents: false,
  prefersPage: false,
};

async function graphiqlPage(): Promise<Response> {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': NOT_STORED };
  return new Response(await renderGraphiQL(), { headers });
}

interface Asked {
  incoming: IncomingOperation;
  envelope: Envelope;
  known: RecognisedRequest | undefined;
  exchange: Exchange;
  mediaType: string;
}
