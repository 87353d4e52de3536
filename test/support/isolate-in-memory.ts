/** An isolate whose registry, usage and contexts are made by hand, with no storage behind them but a namespace. */
import { schema } from '../../schema/schema.ts';
import { answerHttp } from '../../src/app/answer-http.ts';
import type { Isolate } from '../../src/app/isolate.ts';
import { createHttpHandler } from '../../src/app/routes.ts';
import { CachedAnswers } from '../../src/cache/cached-answers.ts';
import { GenerationsMemory } from '../../src/cache/freshness.ts';
import { ResponseCache } from '../../src/cache/response-cache.ts';
import type { Config, OperationsMode } from '../../src/config.ts';
import type { GatewayContext } from '../../src/graphql/context.ts';
import { ClientLimit } from '../../src/http/client-limit.ts';
import { openHttpMemories } from '../../src/http/memory-hits.ts';
import type { OperationRegistry, OperationUsage } from '../../src/operations/registered-operation.ts';
import { Serving } from '../../src/serving/serving.ts';
import { MemoryBudget, type MemoryShares } from '../../src/storage/bounded-memory.ts';

/** Its pages may send credentials. */
export const LISTED_ORIGIN = 'https://app.example';

export interface ByHand {
  schemaHash: string;
  mode: OperationsMode;
  registry: OperationRegistry;
  usage: OperationUsage;
  kv: KVNamespace;
  pricesAsOf: number;
  /** Those of production where left out. */
  memoryShares?: MemoryShares;
  createContext(requestId: string): GatewayContext;
  /** Rejects where a token is not valid. */
  viewerOf?(authorization: string | null): Promise<null>;
  /** The handshake of a hub. */
  openSocket?(request: Request): Promise<Response>;
}

export interface GatewayInMemory {
  memory: MemoryBudget;
  fetch(request: Request): Promise<Response>;
}

export function gatewayInMemory(byHand: ByHand): GatewayInMemory {
  const { schemaHash, mode, registry, usage, kv, createContext, pricesAsOf } = byHand;
  const openSocket = byHand.openSocket ?? (async () => new Response(null, { status: 503 }));
  const memory = new MemoryBudget(byHand.memoryShares);
  const nowMs = Date.now;
  const answers = new CachedAnswers({
    cache: new ResponseCache({ kv, schemaHash, memory: memory.open('answers'), nowMs }),
    generations: new GenerationsMemory(kv),
    pricesAsOf: async () => pricesAsOf,
    nowMs,
  });
  const clientLimit = new ClientLimit({
    limiter: { limit: async () => ({ success: true }) },
    maxRequests: Number.POSITIVE_INFINITY,
    sessionOf: () => undefined,
    clients: memory.open('clients'),
    nowMs,
  });
  const isolate = {
    env: {
      SUBSCRIPTION_HUBS: { getByName: () => ({ fetch: openSocket }) },
      WORKER_VERSION: { id: 'in-memory' },
    },
    config: {
      OPERATIONS_MODE: mode,
      ENVIRONMENT: 'production',
      CORS_ORIGINS: [LISTED_ORIGIN],
      OPERATIONS_KEYS: [],
    } as Partial<Config>,
    schema,
    viewerOf: byHand.viewerOf ?? (async () => null),
    memory,
    registry,
    usage,
    requests: { record: () => undefined },
    answers,
    httpMemories: openHttpMemories(memory),
    clientLimit,
    serving: new Serving({ schema, schemaHash, mode, registry, usage, answers, memory }),
    createContext: ({ requestId }: { requestId: string }) => createContext(requestId),
  };
  const handler = {
    ...createHttpHandler(isolate as unknown as Isolate),
    isolate: {
      clientLimit,
      usage: { isDue: () => false, flushWhenDue: async () => undefined },
      generations: { claimRenewal: () => false, renew: async () => ({}) },
    },
  };
  const ctx = { waitUntil: () => undefined };
  return { memory, fetch: async (request) => answerHttp(request, handler, ctx) };
}
