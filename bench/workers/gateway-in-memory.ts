/** The gateway's own way of a GraphQL request, over data in memory: a miss without what D1 and KV cost. */
import { bundledRelease, restRelease } from '../../src/operations/manifest.ts';
import { gatewayInMemory } from '../../test/support/isolate-in-memory.ts';
import { contextInMemory, keepMarket } from './market-in-memory.ts';

const operations = new Map(
  [...bundledRelease.operations, ...restRelease.operations].map((operation) => [operation.id, operation]),
);
const live = { state: 'live' } as const;

const gateway = gatewayInMemory({
  schemaHash: bundledRelease.schemaHash,
  mode: 'id_only',
  registry: {
    known: () => live,
    async find(id) {
      const operation = operations.get(id);
      return operation === undefined ? null : { operation, liveness: live, timeLimitMs: null };
    },
    findForm: async () => null,
  },
  usage: { used: () => undefined, refused: () => undefined, hit: () => undefined },
  // Holds nothing: the market list's answers live too shortly for KV.
  kv: { get: async () => new Map() } as unknown as KVNamespace,
  pricesAsOf: 1,
  createContext: contextInMemory,
});

export default {
  fetch: async (request) => (request.method === 'PUT' ? keepMarket(request) : gateway.fetch(request)),
} satisfies ExportedHandler;
