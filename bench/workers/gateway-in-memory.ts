/** The gateway's own way of a GraphQL request, over data in memory: a miss without what D1 and KV cost. */
import { schema } from '../../schema/schema.ts';
import { createGraphQLHandler } from '../../src/graphql/yoga.ts';
import { handleRequest } from '../../src/http/handle-request.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import { contextInMemory, keepMarket } from './market-in-memory.ts';

const operations = new Map(bundledRelease.operations.map((operation) => [operation.id, operation]));

const graphql = createGraphQLHandler({
  schema,
  mode: 'id_only',
  graphiql: false,
  registry: {
    async find(id) {
      const operation = operations.get(id);
      return operation === undefined ? null : { operation, liveness: { state: 'live' } };
    },
  },
  usage: { used: () => undefined, refused: () => undefined },
});

export default {
  async fetch(request) {
    if (request.method === 'PUT') return keepMarket(request);
    return handleRequest(request, {
      corsOrigins: [],
      strictTransport: true,
      randomId: () => crypto.randomUUID(),
      routes: {
        health: async () => new Response(),
        graphql: async (received, requestId) =>
          graphql.fetch(received, { requestId, createContext: () => contextInMemory(requestId) }),
      },
    });
  },
} satisfies ExportedHandler;
