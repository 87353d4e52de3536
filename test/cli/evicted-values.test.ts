/**
 * Requests of each kind, many more than the memories of an isolate have places for. The heap after a garbage collection
 * does not grow with them: nothing keeps a value that its memory has evicted.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { marketOf } from '../../bench/market-of-projects.ts';
import { isGrowing, JUDGED_PASSES } from '../../bench/memory-passes.ts';
import { distinctMarketListVariables, operationId, operationPath } from '../../bench/requests.ts';
import { contextInMemory, keepMarket } from '../../bench/workers/market-in-memory.ts';
import { MEMORY_SHARES_BYTES, type MemoryName } from '../../src/config.ts';
import type { MemoryShares } from '../../src/storage/bounded-memory.ts';
import { sha256Hex } from '../../src/storage/sha256-hex.ts';
import type { GatewayInMemory } from '../support/isolate-in-memory.ts';

// As in the bundle of production.
Object.assign(globalThis, { GRAPHIQL: false });
const { gatewayInMemory } = await import('../support/isolate-in-memory.ts');
const { bundledRelease } = await import('../../src/operations/manifest.ts');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Small, so that every memory is full after the warm-up: one that still fills up would look like a leak. There is room
 * for a large value in each.
 */
const memoryShares: MemoryShares = {
  ...(Object.fromEntries(
    Object.entries(MEMORY_SHARES_BYTES).map(([name, bytes]) => [name, bytes / 16]),
  ) as Record<MemoryName, number>),
  answers: 256 * 1024,
  sentDocuments: MEMORY_SHARES_BYTES.sentDocuments,
};
/** Of a pass. */
const TIMES = 100;
/** Some 130 KB. After a collection there is little noise: compiled code and hidden classes. */
const GROWTH_OF_A_LEAK = 1.004;

const live = { state: 'live' } as const;
const operations = new Map(bundledRelease.operations.map((operation) => [operation.id, operation]));
const MARKET_LIST = operationId('MarketList');

function startGateway(): GatewayInMemory {
  return gatewayInMemory({
    schemaHash: bundledRelease.schemaHash,
    mode: 'open',
    registry: {
      known: () => live,
      find: async (id: string) => {
        const operation = operations.get(id);
        return operation === undefined ? null : { operation, liveness: live, timeLimitMs: null };
      },
      findForm: async () => null,
    },
    usage: { used: () => undefined, refused: () => undefined, hit: () => undefined },
    kv: { get: async () => new Map() } as unknown as KVNamespace,
    pricesAsOf: 1,
    memoryShares,
    createContext: contextInMemory,
  });
}

const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`https://gateway.test${path}`, { headers });
const post = (body: object, headers: Record<string, string> = {}) =>
  new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const padded = (at: number, characters: number) => `#${String(at).padEnd(characters, 'x')}\n`;

/** Each kind of request, and the memory that it fills. */
const KINDS: Record<string, { memory: MemoryName; ask(at: number): Promise<Request[]> }> = {
  'large answers by GET, each as miss and as hit': {
    memory: 'answers',
    ask: async () => {
      const path = operationPath(MARKET_LIST, distinctMarketListVariables());
      return [get(path), get(path)];
    },
  },
  'large answers by POST, each as miss and as hit': {
    memory: 'answers',
    ask: async () => {
      const body = { documentId: MARKET_LIST, variables: distinctMarketListVariables() };
      return [post(body), post(body)];
    },
  },
  'long URLs of one answer': {
    memory: 'recognisedRequests',
    ask: async (at) => {
      const path = operationPath(MARKET_LIST, { unused: padded(at, 8_000) });
      return [get(path), get(path)];
    },
  },
  'documents that clients send': {
    memory: 'sentDocuments',
    ask: async (at) => [post({ query: `${padded(at, 8_000)}{ projects(first: 1) { nodes { name } } }` })],
  },
  'documents that Apollo clients register': {
    memory: 'clientDocuments',
    ask: async (at) => {
      const query = `${padded(at, 8_000)}{ projects(first: 1) { nodes { name } } }`;
      const extensions = { persistedQuery: { version: 1, sha256Hash: await sha256Hex(query) } };
      return [post({ query, extensions }), post({ extensions })];
    },
  },
  'Accept headers': {
    memory: 'acceptHeaders',
    ask: async (at) => [
      get(operationPath(MARKET_LIST), { Accept: `application/json, text/x-${String(at).padEnd(150, 'x')}` }),
    ],
  },
};

async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

for (const [name, kind] of Object.entries(KINDS)) {
  test(`${name} leave nothing behind`, { timeout: 120_000 }, async () => {
    const gateway = startGateway();
    const market = new Request('https://gateway.test', { method: 'PUT', body: JSON.stringify(marketOf(20)) });
    await keepMarket(market as unknown as Parameters<typeof keepMarket>[0]);
    const held: number[] = [];
    let asked = 0;
    for (let pass = 0; pass < JUDGED_PASSES; pass += 1) {
      for (let time = 0; time < TIMES; time += 1) {
        asked += 1;
        for (const request of await kind.ask(asked)) {
          const response = await gateway.fetch(request);
          const text = await response.text();
          assert.equal(response.status, 200, text);
        }
      }
      held.push(await heldBytes());
    }
    const use = gateway.memory.use.memories[kind.memory];
    assert.ok(use !== undefined);
    // The memory has no room for another value, and holds a part of what it was given.
    assert.equal(use.maxBytes, memoryShares[kind.memory]);
    assert.ok(use.bytes > 0.5 * use.maxBytes, `${use.bytes} bytes`);
    assert.ok(use.entries < asked / 2, `${use.entries} of ${asked}`);
    assert.ok(!isGrowing(held, GROWTH_OF_A_LEAK), `growing: ${held.join(', ')}`);
  });
}
