/** The gateway in workerd, as its clients see it: real D1 and KV, a market of the simulated upstream, one clock. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { createIsolates } from '../../src/app/isolate.ts';
import { createWorker } from '../../src/app/worker.ts';
import {
  type BindingCounts,
  countedD1,
  countedKv,
  countedObjects,
  countedR2,
  noCounts,
} from './counted-bindings.ts';
import type { TestMarket } from './market.ts';
import { quickPasswords } from './quick-passwords.ts';

export interface GraphQLAnswer<Data = Record<string, unknown>> {
  status: number;
  headers: Headers;
  data: Data;
  errors: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[] | undefined;
}

export interface Operation {
  query?: string;
  documentId?: string;
  variables?: Record<string, unknown>;
  operationName?: string;
}

export interface TestGateway {
  /** Waits for what the request left behind (`waitUntil`) too. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  post<Data = Record<string, unknown>>(
    operation: Operation,
    headers?: Record<string, string>,
  ): Promise<GraphQLAnswer<Data>>;
  /** A document that nobody sent before, so that the answer is executed and never one that was kept. */
  query<Data = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<GraphQLAnswer<Data>>;
  scheduled(cron: string): Promise<void>;
  /** Moves the gateway's clock and the market's together. */
  advance(seconds: number): Promise<void>;
  /** A new isolate over the same storage. */
  coldIsolate(): void;
  /** Takes what was kept of project details out of D1. */
  forgetDetails(): Promise<void>;
  /** The purge of Workers' own cache; undefined as on a laptop. */
  purge: CacheContext['purge'] | undefined;
  readonly counts: BindingCounts;
  resetCounts(): void;
}

export const CRONS = {
  prices: '* * * * *',
  projects: '*/5 * * * *',
  pools: '*/15 * * * *',
  hourly: '0 * * * *',
  nightly: '0 0 * * *',
} as const;

const withQuickPasswords = createWorker(createIsolates({ passwords: quickPasswords }));

/**
 * @param vars replace those of the environment, bindings too; `undefined` takes one away.
 * @param worker that of `src/index.ts` where the cost of passwords is the subject
 */
export function startGateway(
  market: TestMarket,
  vars: Record<string, unknown> = {},
  worker = withQuickPasswords,
): TestGateway {
  vi.useFakeTimers({ toFake: ['Date'], now: market.startAt * 1000 });
  const counts = noCounts();
  const bindings = {
    DB: countedD1(env.DB, counts),
    PRICES_KV: countedKv(env.PRICES_KV, counts),
    CACHE_KV: countedKv(env.CACHE_KV, counts),
    SESSIONS_KV: countedKv(env.SESSIONS_KV, counts),
    STORAGE: countedR2(env.STORAGE, counts),
    ATTEMPTS: countedObjects(env.ATTEMPTS, counts),
    IDO_MANAGER: countedObjects(env.IDO_MANAGER, counts),
    PRICE_FEED: countedObjects(env.PRICE_FEED, counts),
    SALE_FEED: countedObjects(env.SALE_FEED, counts),
    REALTIME_CHAT: countedObjects(env.REALTIME_CHAT, counts),
    SUBSCRIPTION_HUBS: countedObjects(env.SUBSCRIPTION_HUBS, counts),
    MAIN_API_URL: market.mainApiUrl,
    PRICE_API_URL: market.priceApiUrl,
    INTERNAL_API_KEY: market.apiKey,
    ...vars,
  };
  const newEnv = () => ({ ...env, ...bindings }) as unknown as Env;
  let isolate = newEnv();
  let queries = 0;
  /** Its clients' limits are its own. */
  const clientAddress = `2001:db8:${crypto.randomUUID().slice(9, 18).replace('-', ':')}::1`;

  const newContext = () => {
    const ctx = createExecutionContext();
    const { purge } = gateway;
    if (purge !== undefined) Object.defineProperty(ctx, 'cache', { value: { purge } });
    return ctx;
  };
  const gateway: TestGateway = {
    purge: undefined,
    counts,
    resetCounts: () => Object.assign(counts, noCounts()),
    coldIsolate: () => {
      isolate = newEnv();
    },
    async forgetDetails() {
      await env.DB.exec('DELETE FROM project_detail_cache');
    },
    async fetch(path, init) {
      const ctx = newContext();
      const request = new Request(new URL(path, 'https://gateway.test'), init) as Parameters<
        typeof worker.fetch
      >[0];
      if (!request.headers.has('CF-Connecting-IP')) request.headers.set('CF-Connecting-IP', clientAddress);
      const response = await worker.fetch(request, isolate, ctx);
      // A copy would lose the socket.
      if (response.webSocket) return response;
      const body = await response.arrayBuffer();
      await waitOnExecutionContext(ctx);
      return new Response(response.body === null ? null : body, response);
    },
    async post(operation, headers = {}) {
      const response = await gateway.fetch('/graphql', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/graphql-response+json',
          ...headers,
        },
        body: JSON.stringify(operation),
      });
      const answer = (await response.json()) as Pick<GraphQLAnswer<never>, 'data' | 'errors'>;
      return { status: response.status, headers: response.headers, data: answer.data, errors: answer.errors };
    },
    query: (query, variables = {}) => {
      queries += 1;
      return gateway.post({ query: `${query} # ${queries}`, variables });
    },
    async scheduled(cron) {
      const ctx = newContext();
      await worker.scheduled(
        { cron, scheduledTime: Date.now(), noRetry: () => undefined } as ScheduledController,
        isolate,
        ctx,
      );
      await waitOnExecutionContext(ctx);
    },
    async advance(seconds) {
      await market.advance(seconds);
      vi.setSystemTime(Date.now() + seconds * 1000);
    },
  };
  return gateway;
}

/** The first sync of everything that a market list needs. */
export async function syncAll(gateway: TestGateway): Promise<void> {
  for (const cron of [CRONS.projects, CRONS.prices, CRONS.pools]) await gateway.scheduled(cron);
}
