/**
 * Drawn requests of every kind, and what their sender knows of each: the log that metrics are held against.
 *
 * D1 takes drawn time, by a clock that stands still else. So a request's duration is known to the millisecond.
 */
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import {
  CACHE_RESULTS,
  type MetricsCell,
  ROUTE_PREFIX,
  UNREGISTERED,
} from '../../src/observability/request-metrics.ts';
import { restRelease } from '../../src/operations/manifest.ts';
import type { TestGateway } from './gateway.ts';

export interface LoggedRequest
  extends Pick<MetricsCell, 'operationId' | 'client' | 'version' | 'outcome' | 'cache'> {
  /** Of the operation; the path of a route that runs none. */
  name: string;
  /** As rows of D1 have it. */
  cellId: string;
  kind: string;
  transport: string;
  errorCode: string;
  country: string;
  durationMs: number;
  status: number;
  bytes: number;
  errors: number;
  d1Queries: number;
}

/** A D1 that takes drawn time while a request waits for it, and fails when it is told to. */
export class SlowD1 {
  isWaitedFor = false;
  isBroken = false;
  /** While a request waited. */
  queries = 0;
  readonly #drawnMs: () => number;
  readonly #real = new WeakMap<object, D1PreparedStatement>();

  constructor(drawnMs: () => number) {
    this.#drawnMs = drawnMs;
  }

  get binding(): D1Database {
    return {
      prepare: (sql: string) => this.#wrapped(env.DB.prepare(sql)),
      batch: async (statements: D1PreparedStatement[]) => {
        this.#wait(statements.length);
        return env.DB.batch(statements.map((statement) => this.#real.get(statement) ?? statement));
      },
    } as unknown as D1Database;
  }

  #wrapped(statement: D1PreparedStatement): D1PreparedStatement {
    const wrapped = {
      bind: (...values: unknown[]) => this.#wrapped(statement.bind(...values)),
      all: async () => {
        this.#wait();
        return statement.all();
      },
      run: async () => {
        this.#wait();
        return statement.run();
      },
      first: async (column?: string) => {
        this.#wait();
        return column === undefined ? statement.first() : statement.first(column);
      },
    } as unknown as D1PreparedStatement;
    this.#real.set(wrapped, statement);
    return wrapped;
  }

  #wait(queries = 1): void {
    if (!this.isWaitedFor) return;
    this.queries += queries;
    vi.setSystemTime(Date.now() + this.#drawnMs());
    if (this.isBroken) throw new Error('D1 is gone');
  }
}

interface Drawn {
  operationId: string;
  name: string;
  path: string;
  /** Sent as JSON by POST; by GET without it. */
  body?: object;
  isBroken?: boolean;
}

/** Released, and not. */
const CLIENTS = [
  {
    sent: { 'graphql-client-name': 'ios', 'graphql-client-version': '5.2.0' },
    client: 'ios',
    version: '5.2.0',
  },
  { sent: { 'graphql-client-name': '<!channel>' }, client: 'other', version: '' },
  { sent: {}, client: '', version: '' },
];
const restClient = { client: restRelease.client, version: restRelease.version };
/** An address stays in its country. */
const ADDRESSES = [
  { country: 'DE', address: '2001:db8:1::1' },
  { country: 'FR', address: '2001:db8:2::1' },
  { country: 'US', address: '2001:db8:3::1' },
  { country: 'JP', address: '2001:db8:4::1' },
];

const idOf = (name: string) => manifest.operations.find((operation) => operation.name === name)?.id ?? '';
const restIdOf = (name: string) =>
  restManifest.operations.find((operation) => operation.name === name)?.id ?? '';
const UNKNOWN = { operationId: UNREGISTERED, name: '', path: '/graphql' };

export function mixedRequests({
  random,
  gateway,
  d1,
}: {
  random: () => number;
  gateway: TestGateway;
  d1: SlowD1;
}) {
  const below = (count: number) => Math.floor(random() * count);
  const oneOf = <Item>(items: readonly Item[]): Item => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('there is nothing to draw from');
    return item;
  };
  /** A few are asked for most. */
  const rank = (count: number) => Math.floor((count + 1) ** random()) - 1;

  const registered = () => {
    const { name, variables } = oneOf([
      { name: 'Trending', variables: { first: 1 + rank(20) } },
      { name: 'MarketList', variables: { first: 1 + rank(20) } },
      { name: 'PoolList', variables: { first: 1 + rank(20) } },
      { name: 'Search', variables: { query: `ab${rank(20)}` } },
    ]);
    return { operationId: idOf(name), name, variables };
  };
  const byGet = (): Drawn => {
    const { variables, ...operation } = registered();
    const query = new URLSearchParams({
      documentId: operation.operationId,
      variables: JSON.stringify(variables),
    });
    return { ...operation, path: `/graphql?${query}` };
  };
  const byPost = (): Drawn => {
    const { variables, ...operation } = registered();
    return { ...operation, path: '/graphql', body: { documentId: operation.operationId, variables } };
  };
  const byRest = (): Drawn => {
    const name = 'RestProjectList';
    return { operationId: restIdOf(name), name, path: `/api/projects?limit=${1 + rank(20)}` };
  };
  const byDocument = (): Drawn => ({
    ...UNKNOWN,
    body: { query: `{ projectCategories { name } } # ${below(1e9)}` },
  });
  const byUnknownId = (): Drawn => ({ ...UNKNOWN, body: { documentId: `sha256:${below(1e9)}` } });
  const ofViewer = (): Drawn => {
    const operationId = idOf('MyFiles');
    return { operationId, name: 'MyFiles', path: '/graphql', body: { documentId: operationId } };
  };
  const ofNoFile = (): Drawn => ({ ...UNKNOWN, name: '/files/*', path: `/files/projects/${below(1e9)}.png` });
  const broken = (): Drawn => {
    const name = 'RestProject';
    const byPath = { operationId: restIdOf(name), name, path: `/api/projects/x${below(1e9)}` };
    return { ...oneOf([byDocument(), byPath]), isBroken: true };
  };
  const kinds = [
    ...Array.from({ length: 60 }, () => byGet),
    ...Array.from({ length: 15 }, () => byPost),
    ...Array.from({ length: 10 }, () => byRest),
    ...Array.from({ length: 4 }, () => byDocument),
    ...Array.from({ length: 3 }, () => byUnknownId),
    ...Array.from({ length: 3 }, () => ofViewer),
    ...Array.from({ length: 2 }, () => ofNoFile),
    ...Array.from({ length: 3 }, () => broken),
  ];

  return async (): Promise<LoggedRequest> => {
    const { operationId, name, path, body: sentBody, isBroken = false } = oneOf(kinds)();
    const { sent, ...named } = oneOf(CLIENTS);
    const { country, address } = oneOf(ADDRESSES);
    const startedAtMs = Date.now();
    Object.assign(d1, { isWaitedFor: true, isBroken, queries: 0 });
    const response = await gateway.fetch(path, {
      headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': address, ...sent },
      cf: { country } as RequestInitCfProperties,
      ...(sentBody === undefined ? {} : { method: 'POST', body: JSON.stringify(sentBody) }),
    });
    Object.assign(d1, { isWaitedFor: false, isBroken: false });
    const text = await response.text();
    const body = JSON.parse(text) as {
      data?: unknown;
      errors?: { extensions: { code: string } }[];
      /** Of `/api`. */
      error?: { code: string };
    };
    const isRest = path.startsWith('/api');
    const isRoute = name.startsWith('/');
    const errors = body.error === undefined ? (body.errors ?? []) : [{ extensions: body.error }];
    const codes = errors.map(({ extensions }) => (isRoute ? `HTTP_${response.status}` : extensions.code));
    const hasData = isRest || isRoute ? response.ok : body.data !== null && body.data !== undefined;
    const withErrors = hasData ? 'partial' : isBroken ? 'error' : 'refused';
    return {
      operationId,
      name,
      cellId: isRoute ? ROUTE_PREFIX + name : operationId,
      kind: operationId === UNREGISTERED ? '' : 'query',
      // A caller of `/api` that names no client is one of its own release.
      ...(isRest && named.client === '' ? restClient : named),
      outcome: codes.length === 0 ? 'ok' : withErrors,
      cache:
        CACHE_RESULTS.find((result) => result === response.headers.get('X-Cache')?.toLowerCase()) ?? 'bypass',
      transport: isRest ? 'rest' : sentBody === undefined ? 'get' : 'post',
      errorCode: codes[0] ?? '',
      country,
      durationMs: Date.now() - startedAtMs,
      status: response.status,
      // A route's answer is a stream: its length is known where a header names it.
      bytes: isRoute
        ? Number(response.headers.get('Content-Length'))
        : new TextEncoder().encode(text).byteLength,
      errors: codes.length,
      d1Queries: d1.queries,
    };
  };
}
