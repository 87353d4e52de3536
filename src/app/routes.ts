/** The routes of the gateway, each registered once. */
import { roomsOf } from '../chat/rooms.ts';
import { createSignedFileReads } from '../files/signed-file-reads.ts';
import { graphiqlBundled } from '../graphql/graphiql.ts';
import { adminRoute } from '../http/admin.ts';
import { AdminKeys } from '../http/admin-keys.ts';
import { commonHeaders, type HeaderOptions } from '../http/answer.ts';
import { createFilesRoute } from '../http/files-route.ts';
import { createGraphQLRoute } from '../http/graphql-route.ts';
import { healthRoute } from '../http/health.ts';
import { createIdentificationReadRoute } from '../http/identification-read-route.ts';
import { createIdentificationUploadRoute } from '../http/identification-upload-route.ts';
import { ledgerExportRoute } from '../http/ledger-export.ts';
import { MemoryHits } from '../http/memory-hits.ts';
import { RepeatedHeaders } from '../http/repeated-headers.ts';
import { createReportsRoute } from '../http/reports-route.ts';
import type { RouterOptions } from '../http/router.ts';
import { openSocket } from '../http/socket-route.ts';
import { ledgersOf } from '../investing/ledger-client.ts';
import { bundledRelease, restRelease } from '../operations/manifest.ts';
import { ENDPOINTS } from '../rest/endpoints.ts';
import { createOpenapiRoute } from '../rest/openapi-route.ts';
import { createRestRoute } from '../rest/rest-route.ts';
import { JOB_INTERVALS } from '../sync/jobs.ts';
import type { Isolate } from './isolate.ts';
import { noticeSender } from './notices.ts';
import { nowMs, randomId, sleep } from './runtime.ts';

export interface HttpHandler {
  router: RouterOptions;
  /** Null where browsers get the GraphiQL page, which is in no memory. */
  memoryHits: MemoryHits | null;
}

/** @param tracing the platform's; left out where no spans are made. */
export function createHttpHandler(isolate: Isolate, tracing?: RouterOptions['tracing']): HttpHandler {
  const { env, config, schema, memory, registry, usage, answers, serving, httpMemories, clientLimit } =
    isolate;
  const headers: HeaderOptions = {
    corsOrigins: config.CORS_ORIGINS,
    strictTransport: config.ENVIRONMENT !== 'development',
  };
  const graphiql = graphiqlBundled && config.ENVIRONMENT === 'development';
  const memoryHits = new MemoryHits({
    registry,
    usage,
    answers,
    ...httpMemories,
    corsOrigins: config.CORS_ORIGINS,
    commonHeaders: (request, own) => commonHeaders(request, own, headers),
  });
  const graphql = createGraphQLRoute({
    schema,
    graphiql,
    execute: serving.executeArgs,
    serving,
    registry,
    memoryHits,
    mediaTypes: httpMemories.mediaTypes,
    corsOrigins: config.CORS_ORIGINS,
    openSocket: (request) => openSocket(request, env.SUBSCRIPTION_HUBS, randomId),
    viewerOf: isolate.viewerOf,
    createContext: isolate.createContext,
    nowMs,
  });
  const rest = createRestRoute({
    endpoints: ENDPOINTS,
    release: restRelease,
    serving,
    registry,
    memoryHits,
    viewerOf: isolate.viewerOf,
    createContext: isolate.createContext,
    workerVersion: env.WORKER_VERSION.id,
    nowMs,
  });
  const health = healthRoute({
    mode: config.OPERATIONS_MODE,
    workerVersion: env.WORKER_VERSION,
    operationsVersion: bundledRelease.version,
    db: env.DB,
    kv: env.PRICES_KV,
    jobIntervals: JOB_INTERVALS,
    memory,
    nowMs,
  });
  const ledgerExport = ledgerExportRoute({ db: env.DB, ledgers: ledgersOf(env.IDO_MANAGER), nowMs });
  const files = createFilesRoute({
    bucket: env.STORAGE,
    openedBy: createSignedFileReads({ db: env.DB, urls: isolate.fileUrls, nowMs }),
    nowMs,
  });
  const { identification } = isolate;
  const { KYC_READ_KEY: readKey } = config;
  const uploads =
    identification === undefined ? [] : [createIdentificationUploadRoute(identification, nowMs)];
  const identificationReads =
    identification === undefined || readKey === undefined
      ? []
      : [createIdentificationReadRoute({ identification, readKey, nowMs })];
  const stores = {
    schema,
    db: env.DB,
    kv: env.CACHE_KV,
    nowMs,
    sleep,
    random: Math.random,
    randomId,
    rooms: roomsOf(env.REALTIME_CHAT),
    reports: { storage: env.STORAGE, environment: config.ENVIRONMENT, urls: isolate.reportUrls },
    alerts: {
      channels: config.ALERT_CHANNELS,
      send: noticeSender(isolate),
      thresholds: config.ALERT_THRESHOLDS,
    },
    writeUses: () => usage.flush(),
  };
  const { ADMIN_KEY: adminKey, OPERATIONS_KEYS: operationsKeys } = config;
  const hasKey = adminKey !== undefined || operationsKeys.length > 0;
  // Wrong keys are counted for both.
  const keys = new AdminKeys({ adminKey, operationsKeys, nowMs });
  const reports = createReportsRoute({ bucket: env.STORAGE, urls: isolate.reportUrls, keys, nowMs });
  const admin = hasKey ? [adminRoute(keys, stores)] : [];
  return {
    router: {
      ...headers,
      clientLimit,
      nowMs,
      recorder: isolate.requests,
      repeatedHeaders: new RepeatedHeaders(httpMemories.repeatedHeaders, headers),
      randomId,
      tracing,
      routes: [
        graphql,
        createOpenapiRoute(),
        rest,
        files,
        health,
        ledgerExport,
        reports,
        ...uploads,
        ...identificationReads,
        ...admin,
      ],
    },
    memoryHits: graphiql ? null : memoryHits,
  };
}
