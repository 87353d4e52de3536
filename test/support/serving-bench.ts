/** A gateway with empty storage and a market of its own, whose D1 and KV can be made to fail, and whose log is kept. */
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { CRONS, startGateway, type TestGateway } from './gateway.ts';
import { createMarket, type TestMarket } from './market.ts';
import { TABLES } from './tables.ts';
import type { MarketOptions } from './upstream/market.ts';

export interface Breakable<Binding> {
  binding: Binding;
  /** From now on every call fails with the message; null heals it. */
  fail(message: string | null): void;
  /** Since it was started. */
  puts: { key: string; value: string; expirationTtl: number | undefined }[];
  /** The SQL that D1 was given, or the keys that KV was asked for, since it was started. */
  reads: string[];
}

export interface LogLine {
  level: string;
  event: string;
  requestId?: string;
  error?: string;
  [field: string]: unknown;
}

export interface Serving {
  gateway: TestGateway;
  market: TestMarket;
  db: Breakable<D1Database> & {
    /** Called before each batch from now on. */
    beforeBatch(work: () => Promise<void>): void;
  };
  pricesKv: Breakable<KVNamespace>;
  cacheKv: Breakable<KVNamespace>;
  /** Warnings and errors since the last time, without the lines about whole requests. */
  complaints(): LogLine[];
  /** Lines about whole requests since the start: those that failed or were slow. */
  loggedRequests(): LogLine[];
  /** All that was logged, as it was written. */
  written(): string;
  /** What upstream was asked since the last time, by route. */
  upstreamCalls(): Promise<Record<string, number>>;
}

export const FIRST_SYNC = [CRONS.projects, CRONS.prices, CRONS.pools];

export async function startServing(
  options: { market?: MarketOptions; vars?: Record<string, unknown>; crons?: string[] } = {},
): Promise<Serving> {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  for (const kv of [env.PRICES_KV, env.CACHE_KV]) {
    const { keys } = await kv.list();
    await Promise.all(keys.map(({ name }) => kv.delete(name)));
  }
  const lines: string[] = [];
  for (const level of ['info', 'warn', 'error', 'log', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(' '));
    });
  }
  const market = await createMarket({
    projectCount: 30,
    poolCount: 6,
    investmentCount: 10,
    ...options.market,
  });
  const db = breakableD1(env.DB);
  const pricesKv = breakableKv(env.PRICES_KV);
  const cacheKv = breakableKv(env.CACHE_KV);
  const bindings = { DB: db.binding, PRICES_KV: pricesKv.binding, CACHE_KV: cacheKv.binding };
  const gateway = startGateway(market, { ...bindings, ...options.vars });
  for (const cron of options.crons ?? FIRST_SYNC) await gateway.scheduled(cron);
  await market.resetCalls();
  for (const { puts, reads } of [db, pricesKv, cacheKv]) {
    puts.length = 0;
    reads.length = 0;
  }
  let read = lines.length;
  return {
    gateway,
    market,
    db,
    pricesKv,
    cacheKv,
    complaints() {
      const found = parsed(lines.slice(read));
      read = lines.length;
      return found.filter((line) => line.level !== 'info' && !isAboutRequest(line));
    },
    loggedRequests: () => parsed(lines).filter(isAboutRequest),
    written: () => lines.join('\n'),
    async upstreamCalls() {
      const { byRoute } = await market.calls();
      await market.resetCalls();
      return byRoute;
    },
  };
}

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as LogLine);
const isAboutRequest = ({ event }: LogLine) => event.startsWith('request.');

function breakableD1(db: D1Database): Serving['db'] {
  let beforeBatch = async (): Promise<void> => undefined;
  let failure: string | null = null;
  const reads: string[] = [];
  const refuse = async () => {
    throw new Error(failure ?? '');
  };
  const broken = { bind: () => broken, all: refuse, run: refuse, first: refuse };
  const binding = {
    prepare: (sql: string) => {
      reads.push(sql);
      return failure === null ? db.prepare(sql) : broken;
    },
    batch: async (statements: D1PreparedStatement[]) => {
      await beforeBatch();
      return failure === null ? db.batch(statements) : refuse();
    },
  } as unknown as D1Database;
  const fail = (message: string | null) => {
    failure = message;
  };
  return {
    binding,
    fail,
    puts: [],
    reads,
    beforeBatch(work) {
      beforeBatch = work;
    },
  };
}

function breakableKv(kv: KVNamespace): Breakable<KVNamespace> {
  let failure: string | null = null;
  const puts: Breakable<KVNamespace>['puts'] = [];
  const reads: string[] = [];
  const attempt = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    if (failure !== null) throw new Error(failure);
    return call();
  };
  const binding = {
    get: (keys: string | string[], type: 'text') => {
      reads.push(...[keys].flat());
      return attempt(() => kv.get(keys as string[], type));
    },
    getWithMetadata: (key: string, type: 'arrayBuffer') => {
      reads.push(key);
      return attempt(() => kv.getWithMetadata(key, type));
    },
    put: (key: string, value: string, options?: KVNamespacePutOptions) => {
      puts.push({ key, value, expirationTtl: options?.expirationTtl });
      return attempt(() => kv.put(key, value, options));
    },
    delete: (key: string) => attempt(() => kv.delete(key)),
  } as unknown as KVNamespace;
  const fail = (message: string | null) => {
    failure = message;
  };
  return { binding, fail, puts, reads };
}

/** The code of each error by where it was found; errors themselves come in no order. */
export const faults = (answer: {
  errors: { path?: (string | number)[]; extensions: Record<string, unknown> }[] | undefined;
}) => (answer.errors ?? []).map(({ path, extensions }) => [path?.join('.'), extensions.code]).sort();
