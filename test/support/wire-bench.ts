/** The way from HTTP to execution over a registry made by hand: operations in every state, and no storage behind. */
import { env } from 'cloudflare:workers';
import type { OperationsMode } from '../../src/config.ts';
import type { GatewayContext } from '../../src/graphql/context.ts';
import { sha256Id } from '../../src/operations/operation-id.ts';
import type {
  ClientIdentity,
  FoundOperation,
  Liveness,
  RegisteredOperation,
} from '../../src/operations/registered-operation.ts';
import { gatewayInMemory } from './isolate-in-memory.ts';

export const MODES = ['open', 'audit', 'safelist', 'id_only'] as const;
export const DEPRECATED_AT = Date.UTC(2026, 0, 1) / 1000;
export const SUNSET = Date.UTC(2027, 5, 1) / 1000;

export interface WireBench {
  fetch(request: Request): Promise<Response>;
  send(path: string, init?: RequestInit): Promise<WireAnswer>;
  /** What usage was told since the last time: `used <id> <client>`, `refused <reason> <id> <client>`. */
  counted(): string[];
  /** How often an operation was about to run. */
  runs(): number;
  lookups(): string[];
  /** How much the isolate keeps of answers. */
  keptBytes(): number;
}

export interface WireAnswer {
  status: number;
  headers: Headers;
  body: { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[] };
}

export function registered(
  document: string,
  id: string,
  more: Partial<RegisteredOperation> = {},
): RegisteredOperation {
  return {
    id,
    name: document.match(/\w+ (\w+)/)?.[1] ?? '',
    kind: 'query',
    document,
    cost: 1,
    variableBounds: {},
    // Nothing is kept, so that every request shows what it runs.
    cachePolicy: {
      maxAgeSeconds: null,
      staleWhileRevalidateSeconds: 0,
      staleIfErrorSeconds: 0,
      scope: 'public',
      tags: [],
    },
    scopes: [],
    schemaHash: 'of-the-bench',
    ...more,
  };
}

const LIVENESS: Record<string, Liveness> = {
  known: { state: 'live' },
  deprecated: { state: 'deprecated', deprecatedAt: DEPRECATED_AT, sunset: SUNSET },
  retired: { state: 'retired' },
};

export const documentOf = (state: string) => `query ${state} { __typename }`;
export const opaqueIdOf = (state: string) => `relay-${state}`;

export interface OperationNames {
  document: string;
  /** Without its prefix. */
  hash: string;
  opaque: string;
}

export async function namesOf(state: string): Promise<OperationNames> {
  const document = documentOf(state);
  const hash = (await sha256Id(document)).replace('sha256:', '');
  return { document, hash, opaque: opaqueIdOf(state) };
}

/** The properties of a request that names an operation by Apollo's protocol. */
export const apolloProperties = (sha256Hash: string, version: unknown = 1) => ({
  extensions: { persistedQuery: { version, sha256Hash } },
});

/**
 * Every state's document is registered by its hash, and by an id of Relay's. The ids of `unavailable` cannot be looked up.
 *
 * @param openSocket the handshake of a hub
 */
export async function startWire(
  mode: OperationsMode,
  more: readonly RegisteredOperation[] = [],
  openSocket: (request: Request) => Promise<Response> = async () => new Response(),
  viewerOf: (authorization: string | null) => Promise<null> = async () => null,
): Promise<WireBench> {
  const found = new Map<string, FoundOperation>();
  for (const [state, liveness] of Object.entries(LIVENESS)) {
    const document = documentOf(state);
    for (const id of [await sha256Id(document), opaqueIdOf(state)]) {
      found.set(id, { operation: registered(document, id), liveness, timeLimitMs: null });
    }
  }
  for (const operation of more)
    found.set(operation.id, { operation, liveness: { state: 'live' }, timeLimitMs: null });
  const unavailable = new Set([await sha256Id(documentOf('unavailable')), opaqueIdOf('unavailable')]);
  const counted: string[] = [];
  const lookups: string[] = [];
  let runs = 0;
  const shown = ({ name, version }: ClientIdentity) => `${name}@${version}`;
  const gateway = gatewayInMemory({
    schemaHash: 'of-the-bench',
    mode,
    kv: env.CACHE_KV,
    pricesAsOf: 0,
    openSocket,
    viewerOf,
    registry: {
      known: () => undefined,
      async find(id) {
        lookups.push(id);
        return unavailable.has(id) ? 'unavailable' : (found.get(id) ?? null);
      },
      // Forms are of the registry over D1 and KV.
      findForm: async () => null,
    },
    usage: {
      used: (id, client) => counted.push(`used ${id} ${shown(client)}`),
      hit: ({ operationId }, client) => counted.push(`used ${operationId} ${shown(client)}`),
      refused: ({ reason, documentId, client }) =>
        counted.push(`refused ${reason} ${documentId} ${shown(client)}`),
    },
    createContext: () => {
      runs += 1;
      return {} as GatewayContext;
    },
  });
  return {
    fetch: gateway.fetch,
    async send(path, init) {
      const response = await gateway.fetch(new Request(new URL(path, 'https://gateway.test'), init));
      const body = (await response.json()) as WireAnswer['body'];
      return { status: response.status, headers: response.headers, body };
    },
    counted: () => counted.splice(0),
    lookups: () => lookups.splice(0),
    keptBytes: () => gateway.memory.use.memories.answers?.bytes ?? 0,
    runs: () => runs,
  };
}

/** The same properties as a GET's parameters or a POST's body. */
export function wireRequest(
  method: 'GET' | 'POST',
  properties: Record<string, unknown>,
  options: { path?: string; headers?: Record<string, string> } = {},
): [string, RequestInit] {
  const path = options.path ?? '/graphql';
  if (method === 'POST') {
    const headers = { 'Content-Type': 'application/json', ...options.headers };
    return [path, { method, headers, body: JSON.stringify(properties) }];
  }
  const parameters = Object.entries(properties).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  return [`${path}?${parameters.join('&')}`, { headers: { 'x-graphql-csrf': '1', ...options.headers } }];
}
