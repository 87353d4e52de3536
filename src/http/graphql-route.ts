/**
 * `/graphql`: from the response cache where the answer may be anybody's, through Yoga where not.
 *
 * What is kept and served from the cache was executed without a viewer, whoever asked: the page of one user cannot be
 * in it. Whatever else a request may be goes to Yoga, and is answered or refused there.
 */
import { GraphQLError } from 'graphql';
import { createPolicyOf } from '../cache/cache-policy.ts';
import type { CachedAnswers, ServedAnswer } from '../cache/cached-answers.ts';
import { forwardStatus, NOT_STORED } from '../cache/caching-headers.ts';
import type { CacheKey } from '../cache/response-cache.ts';
import { CLIENT_DOCUMENTS_MAX_CHARACTERS } from '../config.ts';
import type { GatewayContext } from '../graphql/context.ts';
import { createExecuteToBytes } from '../graphql/execute-operation.ts';
import { IncomingOperation } from '../graphql/incoming-operation.ts';
import { createPrepareOperation } from '../graphql/prepare-operation.ts';
import { createGraphQLHandler, type YogaOptions } from '../graphql/yoga.ts';
import type { DocumentSources } from '../operations/choose-document.ts';
import { clientOf } from '../operations/client-identity.ts';
import { HeldUsage } from '../operations/held-usage.ts';
import type { Envelope } from '../operations/read-operation-request.ts';
import type { Liveness } from '../operations/registered-operation.ts';
import { BoundedMemory } from '../storage/bounded-memory.ts';
import { Answer } from './answer.ts';
import { cachedAnswer } from './cached-answer.ts';
import { deprecationHeaders } from './deprecation-headers.ts';
import { answerAsEvents } from './event-stream-route.ts';
import { jsonMediaType, wantsEventStream } from './json-media-type.ts';
import { MemoryHits } from './memory-hits.ts';
import { type RecognisedRequest, RecognisedRequests } from './recognised-requests.ts';
import { refusalAnswer } from './refusal-answer.ts';

export interface GraphQLRouteOptions extends YogaOptions, Omit<DocumentSources, 'clientDocuments'> {
  schemaHash: string;
  answers: CachedAnswers;
  /** The handshake of a socket to a hub of subscriptions. */
  openSocket(request: Request): Promise<Response>;
  nowMs(): number;
  /** Adds what every answer carries. */
  completeHeaders(request: Request, headers: Headers): void;
}

/** What one request brings. */
export interface GraphQLExchange {
  request: Request;
  requestId: string;
  waitUntil(promise: Promise<unknown>): void;
  /** For nobody: what is executed with it may be anybody's. */
  createPublicContext(): GatewayContext;
  /** For whoever is asking. */
  createContext(): Promise<GatewayContext>;
}

/** What a request asks, and what is known of it from the last time. */
interface Asked {
  incoming: IncomingOperation;
  envelope: Envelope;
  known: RecognisedRequest | undefined;
}

export interface GraphQLRoute {
  /** The answer to a GET that is in memory as it stands; null where there is none. */
  fromMemory(request: Request): Answer | null;
  answer(exchange: GraphQLExchange): Promise<Response | Answer>;
}

export function createGraphQLRoute(options: GraphQLRouteOptions): GraphQLRoute {
  const { schema, mode, registry, usage, answers, nowMs } = options;
  const clientDocuments = new BoundedMemory<string>(CLIENT_DOCUMENTS_MAX_CHARACTERS);
  const sources: DocumentSources = { mode, registry, usage, clientDocuments };
  const policyOf = createPolicyOf(schema);
  const prepareOperation = createPrepareOperation(schema, mode, usage, policyOf);
  const executeToBytes = createExecuteToBytes(schema, mode);
  const recognised = new RecognisedRequests(schema, options.schemaHash, policyOf);
  const memoryHits = new MemoryHits(options);
  // An isolate that serves from the cache alone never needs it.
  let yoga: ReturnType<typeof createGraphQLHandler> | undefined;

  /** Null where the answer is no matter for the cache, refusals included. */
  async function keyOf({ incoming, envelope, known }: Asked, { request }: GraphQLExchange) {
    const liveness = known && registry.known(known.operation, nowMs());
    if (known !== undefined && liveness !== undefined && liveness.state !== 'retired') {
      incoming.count(known.operation.id, clientOf(request.headers, known.releaseClient));
      return { key: known.key, liveness };
    }
    const prepared = await incoming.prepare().catch(() => null);
    const key = prepared && (await recognised.recognise(envelope, prepared));
    return key && { key, liveness: prepared.chosen.found?.liveness ?? null };
  }

  function serve(
    key: CacheKey,
    incoming: IncomingOperation,
    exchange: GraphQLExchange,
  ): Promise<ServedAnswer> {
    return answers.serve(key, {
      // By POST a condition is about something else.
      isConditional: exchange.request.method === 'GET' && exchange.request.headers.has('if-none-match'),
      waitUntil: exchange.waitUntil,
      execute: async () => executeToBytes(await incoming.prepare(), exchange.createPublicContext()),
    });
  }

  async function fromCache(asked: Asked, exchange: GraphQLExchange, mediaType: string) {
    const { request } = exchange;
    const found = await keyOf(asked, exchange);
    if (found === null) return null;
    const served = await serve(found.key, asked.incoming, exchange).catch((error: unknown) => {
      // Found out on the way to be one that may not run: refused below.
      if (error instanceof GraphQLError) return null;
      throw error;
    });
    if (served === null) return null;
    const cached = cachedAnswer({ request, key: found.key, served, mediaType, nowMs: nowMs() });
    return deprecated(cached, found.liveness);
  }

  async function answer(exchange: GraphQLExchange): Promise<Response | Answer> {
    const { request, requestId, createContext } = exchange;
    if (isReadable(request.method) && wantsEventStream(request.headers.get('accept'))) {
      const held = new HeldUsage(usage);
      const incoming = new IncomingOperation(request, { ...sources, usage: held }, prepareOperation);
      return answerAsEvents({
        request,
        requestId,
        prepare: () => incoming.prepare(),
        countHere: () => held.letGo(),
        answerOnce: async (asked) => {
          const once = await answerOnce(incoming, { ...exchange, request: asked });
          return once instanceof Answer ? once.response(requestId) : once;
        },
        identify: createContext,
        openSocket: options.openSocket,
      });
    }
    return answerOnce(new IncomingOperation(request, sources, prepareOperation), exchange);
  }

  async function answerOnce(
    incoming: IncomingOperation,
    exchange: GraphQLExchange,
  ): Promise<Response | Answer> {
    const { request, requestId, createContext } = exchange;
    // What refuses the request here refuses it again below.
    const envelope = isReadable(request.method) ? await incoming.envelope().catch(() => null) : null;
    const asked: Asked | null = envelope && { incoming, envelope, known: recognised.recall(envelope) };
    if (request.method === 'POST' && asked?.known !== undefined) {
      const kept = memoryHits.respond(request, asked.known);
      if (kept !== null) return kept;
    }
    const mediaType = jsonMediaTypeOf(request, options.graphiql);
    if (mediaType !== null) {
      const cached = asked && (await fromCache(asked, exchange, mediaType));
      if (cached !== null) return cached;
      const failure = await incoming.prepare().then(
        () => null,
        (error: unknown) => error,
      );
      const refusal = refusalAnswer(failure, mediaType);
      if (refusal !== null) return bypassing(refusal);
    }
    let liveness: Liveness | null = null;
    const prepare = async () => {
      const prepared = await incoming.prepare();
      liveness = prepared.chosen.found?.liveness ?? null;
      return prepared;
    };
    yoga ??= createGraphQLHandler(options);
    const response = await yoga.fetch(request, { requestId, prepare, createContext });
    return deprecated(bypassing(response), liveness);
  }

  return {
    fromMemory(request) {
      // A browser that asks for the page gets the page, whatever is in memory.
      if (options.graphiql) return null;
      const known = recognised.recall({ url: request.url, body: null });
      return known === undefined ? null : memoryHits.respond(request, known);
    },
    answer,
  };
}

const isReadable = (method: string) => method === 'GET' || method === 'POST';

/** Null where the answer is not one JSON text. */
function jsonMediaTypeOf(request: Request, graphiql: boolean): string | null {
  if (!isReadable(request.method)) return null;
  const accept = request.headers.get('accept');
  // A browser's address bar takes anything, and is shown the page.
  if (graphiql && request.method === 'GET' && accept?.includes('text/html')) return null;
  return jsonMediaType(accept);
}

function bypassing<Sent extends Response | Answer>(answer: Sent): Sent {
  answer.headers.set('X-Cache', 'BYPASS');
  answer.headers.set('Cache-Status', forwardStatus('bypass'));
  answer.headers.set('Cache-Control', NOT_STORED);
  return answer;
}

function deprecated<Sent extends Response | Answer>(answer: Sent, liveness: Liveness | null): Sent {
  for (const [name, value] of Object.entries(deprecationHeaders(liveness))) answer.headers.set(name, value);
  return answer;
}
