import { GraphQLError } from 'graphql';
import { type CandleSources, createCandleLoader } from '../loaders/candles.ts';
import { createIdoPoolLoader } from '../loaders/ido-pools.ts';
import { createInvestmentLoader } from '../loaders/investments.ts';
import { createPriceLoader, type PriceSources } from '../loaders/prices.ts';
import { createProjectDetailLoader, type ProjectDetailSources } from '../loaders/project-details.ts';
import { createProjectLoader } from '../loaders/projects.ts';
import type { EventSources, GatewayContext, Viewer } from './context.ts';

export interface RequestSources {
  requestId: string;
  viewer: Viewer | null;
  nowMs: number;
  db: D1Database;
  pricesKv: KVNamespace;
  snapshotMemory: PriceSources['memory'];
  unknownSymbols: PriceSources['unknownSymbols'];
  closesMemory: CandleSources['closesMemory'];
  candlesGeneration: CandleSources['candlesGeneration'];
  fetchPrices: PriceSources['fetchPrices'];
  fetchDetail: ProjectDetailSources['fetchDetail'];
  waitUntil(promise: Promise<unknown>): void;
  /** Left out where the answer is one response. */
  events?: EventSources;
}

function oneResponse(): never {
  throw new GraphQLError(
    'Subscriptions are sent over a WebSocket, subprotocol graphql-transport-ws, or to who accepts text/event-stream.',
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
}

/** Whatever a feed adds to them, there are no events in one response. */
const NO_EVENTS = new Proxy({} as EventSources, { get: () => oneResponse });

/** One set of loaders for one request; nothing in it outlives the request. */
export function createRequestContext(sources: RequestSources): GatewayContext {
  const { requestId, nowMs, db, waitUntil } = sources;
  const nowSeconds = Math.floor(nowMs / 1000);
  return {
    requestId,
    nowSeconds,
    viewer: sources.viewer,
    projects: createProjectLoader(db),
    projectDetails: createProjectDetailLoader({
      db,
      fetchDetail: sources.fetchDetail,
      nowSeconds,
      waitUntil,
    }),
    prices: createPriceLoader({
      kv: sources.pricesKv,
      memory: sources.snapshotMemory,
      unknownSymbols: sources.unknownSymbols,
      fetchPrices: sources.fetchPrices,
      nowMs,
      waitUntil,
    }),
    candles: createCandleLoader({
      db,
      nowMs,
      closesMemory: sources.closesMemory,
      candlesGeneration: sources.candlesGeneration,
    }),
    idoPools: createIdoPoolLoader(db, nowSeconds),
    investments: createInvestmentLoader(db, sources.viewer?.id ?? null),
    events: sources.events ?? NO_EVENTS,
  };
}
