/**
 * The gateway itself in this process, over real local D1 and KV that count what is asked of them.
 *
 * The clock is driven: what is measured does not depend on when. D1's answers can be kept, so that CPU is the
 * gateway's own and not that of the local database.
 */
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { type BindingCounts, countedD1, noCounts } from '../../test/support/counted-bindings.ts';
import { DEFAULT_API_KEY, type Market } from '../../test/support/upstream/market.ts';
import { startUpstream } from '../../test/support/upstream/server.ts';
import type { Catalog } from '../asked-operations.ts';
import { readCatalog } from '../catalog.ts';
import type { Workerd } from '../workerd.ts';
import { rememberingD1, rememberingKv } from './remembering-storage.ts';

export interface MeasuredGateway {
  counts: BindingCounts;
  /** By key, since the last reset. */
  kvReads: string[];
  kvWrites: string[];
  /** Of the projects whose details were asked for or kept, since the last reset. */
  details: DetailCalls;
  db: D1Database;
  market: Market;
  resetCounts(): void;
  /** What D1 and KV answered once they answer again, without being asked. */
  rememberStorage(): void;
  coldIsolate(): void;
  readCatalog(): Promise<Catalog>;
  forgetDetails(projectIds: readonly string[]): Promise<void>;
  fetch(request: Request): Promise<Response>;
  scheduled(cron: string): Promise<void>;
  moveTo(nowMs: number): void;
  close(): Promise<void>;
}

export interface DetailCalls {
  readIds: string[];
  writes: number;
}

/** The Worker whose bindings are used; it serves nothing. */
const STORAGE = 'storage';

export async function startGatewayInNode(startMs: number): Promise<MeasuredGateway> {
  let nowMs = startMs;
  const realNow = Date.now;
  const { info } = console;
  // Every sync of the day would say that it has finished.
  console.info = () => undefined;
  Date.now = () => nowMs;
  // What wrangler defines when it bundles.
  (globalThis as { GRAPHIQL?: boolean }).GRAPHIQL = false;
  const { createIsolates } = await import('../../src/app/isolate.ts');
  const { createWorker } = await import('../../src/app/worker.ts');
  const upstream = await startUpstream();
  const market = upstream.createMarket({ id: 'cost', live: true, source: 'made-up' });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      name: STORAGE,
      modules: true,
      script: 'export default { fetch: () => new Response() };',
      kvNamespaces: ['SESSIONS_KV', 'PRICES_KV', 'CACHE_KV'],
      d1Databases: ['DB'],
    }),
  );
  const counts = noCounts();
  const kvReads: string[] = [];
  const kvWrites: string[] = [];
  const details: DetailCalls = { readIds: [], writes: 0 };
  const db = (await miniflare.getD1Database('DB')) as unknown as D1Database;
  for (const { queries } of await readD1Migrations('migrations')) {
    await db.batch(queries.map((query) => db.prepare(query)));
  }
  const namespace = async (name: string) =>
    listedKv((await miniflare.getKVNamespace(name)) as unknown as KVNamespace, kvReads, kvWrites);
  const bindings = {
    DB: countedD1(notingDetails(db, details), counts),
    PRICES_KV: await namespace('PRICES_KV'),
    CACHE_KV: await namespace('CACHE_KV'),
    // Nobody watches: a call a minute and a call a sync, which the plan includes.
    PRICE_FEED: { getByName: () => ({ prices: async () => [] }) },
    SALE_FEED: { getByName: () => ({ changed: async () => undefined }) },
    MAIN_API_URL: market.mainApiUrl,
    PRICE_API_URL: market.priceApiUrl,
    INTERNAL_API_KEY: DEFAULT_API_KEY,
    JWT_SECRET: 'a-secret-for-benchmarks-of-32-characters',
    OPERATIONS_MODE: 'id_only',
    ENVIRONMENT: 'production',
    RATE_LIMIT_THRESHOLD: '600',
    CORS_ORIGINS: 'https://com2000.example',
  };
  let env = { ...bindings } as unknown as Env;
  const worker = createWorker(createIsolates(async () => null));
  const waiting: Promise<unknown>[] = [];
  const context = {
    waitUntil: (promise: Promise<unknown>) => waiting.push(promise),
    passThroughOnException: () => undefined,
    props: {},
  } as unknown as ExecutionContext;
  const settled = async () => {
    while (waiting.length > 0) await waiting.pop();
  };
  return {
    counts,
    kvReads,
    kvWrites,
    details,
    db,
    market,
    resetCounts() {
      Object.assign(counts, noCounts());
      kvReads.length = 0;
      kvWrites.length = 0;
      Object.assign(details, { readIds: [], writes: 0 });
    },
    rememberStorage() {
      bindings.DB = rememberingD1(bindings.DB);
      bindings.PRICES_KV = rememberingKv(bindings.PRICES_KV);
      bindings.CACHE_KV = rememberingKv(bindings.CACHE_KV);
      env = { ...bindings } as unknown as Env;
    },
    coldIsolate() {
      env = { ...bindings } as unknown as Env;
    },
    // Of a workerd that the other benchmarks start, it asks for the database alone.
    readCatalog: () => readCatalog({ miniflare } as unknown as Workerd, STORAGE),
    async forgetDetails(projectIds) {
      await db
        .prepare('DELETE FROM project_detail_cache WHERE project_id IN (SELECT value FROM json_each(?1))')
        .bind(JSON.stringify(projectIds))
        .run();
    },
    async fetch(request) {
      const response = await worker.fetch(request as Parameters<typeof worker.fetch>[0], env, context);
      await settled();
      return response as unknown as Response;
    },
    async scheduled(cron) {
      await worker.scheduled({ cron, scheduledTime: nowMs, noRetry: () => undefined }, env, context);
      await settled();
    },
    moveTo(toMs) {
      nowMs = toMs;
    },
    async close() {
      Date.now = realNow;
      console.info = info;
      await Promise.all([miniflare.dispose(), upstream.close()]);
    },
  };
}

/** Notes what is asked of the table of details: one statement is one call. */
function notingDetails(db: D1Database, details: DetailCalls): D1Database {
  const noting = {
    prepare: (sql: string) => {
      const statement = db.prepare(sql);
      if (!sql.includes('project_detail_cache')) return statement;
      if (!sql.startsWith('SELECT')) {
        details.writes += 1;
        return statement;
      }
      return {
        bind: (json: string, ...values: unknown[]) => {
          details.readIds.push(...(JSON.parse(json) as string[]));
          return statement.bind(json, ...values);
        },
      };
    },
    batch: (statements: D1PreparedStatement[]) => db.batch(statements),
  };
  return noting as unknown as D1Database;
}

/** Notes every key: KV bills by the key, not by the call. */
function listedKv(kv: KVNamespace, reads: string[], writes: string[]): KVNamespace {
  return new Proxy(kv, {
    get(target, property) {
      const value = Reflect.get(target, property) as unknown;
      if (typeof value !== 'function') return value;
      return (keys: string | string[], ...rest: unknown[]) => {
        const list = property === 'put' || property === 'delete' ? writes : reads;
        list.push(...(typeof keys === 'string' ? [keys] : keys));
        return value.call(target, keys, ...rest);
      };
    },
  });
}
