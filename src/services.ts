/** What the Worker and its Durable Objects build alike from Env. Nothing in it is of a request. */
import {
  ABSENT_KEYS_MAX,
  type Config,
  UPSTREAM_REQUEST_MAX_ATTEMPTS,
  UPSTREAM_REQUEST_TIMEOUT_MS,
} from './config.ts';
import type { GatewayContext, Viewer } from './graphql/context.ts';
import { createRequestContext, type RequestSources } from './graphql/request-context.ts';
import { PriceSnapshotMemory } from './loaders/prices.ts';
import { bundledRelease } from './operations/manifest.ts';
import { TieredRegistry } from './operations/registry.ts';
import { UsageCounts } from './operations/usage.ts';
import { UNKNOWN_PRICE_MEMORY_SECONDS } from './storage/kv/keys.ts';
import { RecentlyAbsent } from './storage/recently-absent.ts';
import type { UpstreamOptions } from './upstream/http.ts';
import { createMainApi } from './upstream/main-api.ts';
import { createPriceApi } from './upstream/price-api.ts';

/** Asked anew each time: the clock may be another one by then. */
export const nowMs = () => Date.now();
export const randomId = () => crypto.randomUUID();
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Who is asking; null where nobody is signed in. */
export type ViewerOf = (request: Request) => Promise<Viewer | null>;

export function createServices(env: Env, config: Config) {
  const apis = upstreamApis(config);
  const promptApis = apis({
    timeoutMs: UPSTREAM_REQUEST_TIMEOUT_MS,
    maxAttempts: UPSTREAM_REQUEST_MAX_ATTEMPTS,
  });
  const snapshotMemory = new PriceSnapshotMemory();
  const unknownSymbols = new RecentlyAbsent({
    seconds: UNKNOWN_PRICE_MEMORY_SECONDS,
    maxKeys: ABSENT_KEYS_MAX,
  });
  return {
    patientApis: apis({}),
    /** For a caller who waits. */
    promptApis,
    snapshotMemory,
    registry: new TieredRegistry({ db: env.DB, kv: env.CACHE_KV, bundled: bundledRelease, nowMs }),
    usage: new UsageCounts({ db: env.DB, nowMs }),
    createContext: (
      request: Pick<RequestSources, 'requestId' | 'viewer' | 'waitUntil' | 'events'>,
    ): GatewayContext =>
      createRequestContext({
        ...request,
        nowMs: nowMs(),
        db: env.DB,
        pricesKv: env.PRICES_KV,
        cacheKv: env.CACHE_KV,
        snapshotMemory,
        unknownSymbols,
        fetchPrices: (symbols) => promptApis.price.batch(symbols),
        fetchDetail: (id) => promptApis.main.projectDetail(id),
      }),
  };
}

function upstreamApis(config: Config) {
  return (patience: Pick<UpstreamOptions, 'timeoutMs' | 'maxAttempts'>) => {
    const shared = { apiKey: config.INTERNAL_API_KEY, fetch, sleep, ...patience };
    return {
      main: createMainApi({ ...shared, baseUrl: config.MAIN_API_URL }),
      price: createPriceApi({ ...shared, baseUrl: config.PRICE_API_URL }),
    };
  };
}
