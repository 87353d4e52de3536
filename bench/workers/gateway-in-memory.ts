/** The gateway's own way of a GraphQL request, over data in memory: a miss without what D1 and KV cost. */
import { schema } from '../../schema/schema.ts';
import { CachedAnswers } from '../../src/cache/cached-answers.ts';
import { GenerationsMemory } from '../../src/cache/generations-memory.ts';
import { ResponseCache } from '../../src/cache/response-cache.ts';
import { createGraphQLRoute } from '../../src/http/graphql-route.ts';
import { completeHeaders, handleRequest } from '../../src/http/handle-request.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import { contextInMemory, keepMarket } from './market-in-memory.ts';

const { schemaHash } = bundledRelease;
const operations = new Map(bundledRelease.operations.map((operation) => [operation.id, operation]));
const live = { state: 'live' } as const;

/** Holds nothing: the market list's answers live too shortly for KV. */
const kv = { get: async () => new Map() } as unknown as KVNamespace;

const headerOptions = { corsOrigins: [], strictTransport: true };
const graphql = createGraphQLRoute({
  schema,
  schemaHash,
  mode: 'id_only',
  graphiql: false,
  openSocket: async () => new Response(null, { status: 503 }),
  registry: {
    known: () => live,
    async find(id) {
      const operation = operations.get(id);
      return operation === undefined ? null : { operation, liveness: live };
    },
  },
  usage: { used: () => undefined, refused: () => undefined },
  answers: new CachedAnswers({
    cache: new ResponseCache({ kv, schemaHash, nowMs: Date.now }),
    generations: new GenerationsMemory(kv),
    pricesAsOf: async () => 1,
    nowMs: Date.now,
  }),
  nowMs: Date.now,
  completeHeaders: (request, headers) => completeHeaders(request, headers, headerOptions),
});

export default {
  async fetch(request, _env, ctx) {
    if (request.method === 'PUT') return keepMarket(request);
    return handleRequest(request, ctx, {
      ...headerOptions,
      randomId: () => crypto.randomUUID(),
      routes: {
        health: async () => new Response(),
        graphqlFromMemory: graphql.fromMemory,
        graphqlSocket: async () => new Response(null, { status: 404 }),
        graphql: (received, requestId, waitUntil) =>
          graphql.answer({
            request: received,
            requestId,
            waitUntil,
            createPublicContext: () => contextInMemory(requestId),
            createContext: async () => contextInMemory(requestId),
          }),
      },
    });
  },
} satisfies ExportedHandler;
