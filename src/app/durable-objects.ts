/** The Durable Objects as the platform runs them: what each is given of Env, and what it is called with. */
import { DurableObject } from 'cloudflare:workers';
import { GraphQLError } from 'graphql';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { OperationRegistry } from '../operations/registered-operation.ts';
import { PollingPriceFeed } from '../realtime/price-feed.ts';
import { SaleFeedReader, type SaleRow } from '../realtime/sale-feed.ts';
import { Hub } from '../realtime/subscription-hub.ts';
import type { TopicChange, TopicStates } from '../realtime/topic-log.ts';
import { createWatchOf, type EventValue, type Feed } from '../realtime/watch.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import { type Isolate, type IsolateOf, nowMs, randomId } from './isolate.ts';

/** A payload has what a POST body has, and crosses sites as little. */
const AS_POST = { method: 'POST', headers: new Headers() };

/** Codes that a close may carry back; any other is an error to send. RFC 6455, section 7.4. */
const isSendable = (code: number) => code === 1000 || (code >= 3000 && code <= 4999);

/** The Worker answers 503 before it calls an object of a wrong configuration. */
function requireIsolate(env: Env, isolateOf: IsolateOf): Isolate {
  const built = isolateOf(env);
  if (!built.ok) throw new Error('the configuration is wrong');
  return built.isolate;
}

/** One object each: positions have one source. */
export const priceFeed = (env: Env) => env.PRICE_FEED.getByName('prices');
export const saleFeed = (env: Env) => env.SALE_FEED.getByName('sales');

/** Tells the hub of an id. */
const publisher =
  (env: Env, feed: Feed) => async (hubId: string, changes: readonly TopicChange<EventValue>[]) => {
    const hubs = env.SUBSCRIPTION_HUBS;
    await hubs.get(hubs.idFromString(hubId)).publish(feed, [...changes]);
  };

export function createDurableObjects(isolateOf: IsolateOf) {
  class PriceFeed extends DurableObject<Env> {
    readonly #feed: PollingPriceFeed;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const { promptApis, config } = requireIsolate(env, isolateOf);
      this.#feed = new PollingPriceFeed({
        storage: state.storage,
        fetchPrices: (symbols) => promptApis.price.batch(symbols),
        publish: publisher(env, 'prices'),
        pollMs: config.PRICE_POLL_SECONDS * 1000,
        nowMs,
      });
    }

    watch(
      hubId: string,
      symbols: string[],
      loaded: Map<string, PriceRecord>,
    ): Promise<TopicStates<PriceRecord>> {
      return this.#feed.watch(hubId, symbols, loaded);
    }

    prices(): PriceRecord[] {
      return this.#feed.prices();
    }

    override alarm(): Promise<void> {
      return this.#feed.poll();
    }
  }

  class SaleFeed extends DurableObject<Env> {
    readonly #feed: SaleFeedReader;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#feed = new SaleFeedReader({
        storage: state.storage,
        db: env.DB,
        publish: publisher(env, 'sales'),
        nowMs,
      });
    }

    watch(hubId: string, topics: string[]): Promise<TopicStates<SaleRow>> {
      return this.#feed.watch(hubId, topics);
    }

    changed(): Promise<void> {
      return this.#feed.changed();
    }

    override alarm(): Promise<void> {
      return this.#feed.alarm();
    }
  }

  class SubscriptionHub extends DurableObject<Env> {
    readonly #hub: Hub;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#hub = createHub(state, requireIsolate(env, isolateOf));
    }

    override fetch(request: Request): Promise<Response> {
      return this.#hub.open(request);
    }

    override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
      return this.#hub.message(socket, data);
    }

    override webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
      // A close that nobody answers keeps the client waiting: 20 s, Node's own under `npm start`.
      if (isSendable(code)) socket.close(code, reason);
      else socket.close();
      return this.#hub.closed(socket);
    }

    override webSocketError(socket: WebSocket): Promise<void> {
      return this.#hub.closed(socket);
    }

    override alarm(): Promise<void> {
      return this.#hub.alarm();
    }

    publish(feed: Feed, changes: TopicChange<EventValue>[]): Promise<void> {
      return this.#hub.publish(feed, changes);
    }

    endSession(sessionId: string): Promise<void> {
      return this.#hub.endSession(sessionId);
    }
  }

  return { PriceFeed, SaleFeed, SubscriptionHub };
}

function createHub(state: DurableObjectState, isolate: Isolate): Hub {
  const { env, config, schema, registry, serving, usage, createContext, viewerOf } = isolate;
  const waitUntil = (promise: Promise<unknown>) => state.waitUntil(promise);
  const registryAgain: OperationRegistry = {
    known: (operation, atMs) => registry.known(operation, atMs),
    find: (id) => registry.findAgain(id),
  };
  const prepared = async (sent: OperationRequest, from: OperationRegistry): Promise<PreparedOperation> => {
    const preparation = await serving.prepare(sent, AS_POST, from);
    serving.countRefusals(preparation);
    if (!preparation.ok) throw preparation.error;
    return preparation.prepared;
  };
  const hubId = state.id.toString();
  return new Hub({
    state,
    watchOf: createWatchOf(schema, config.OPERATIONS_MODE),
    watchTopics: {
      prices: (symbols, loaded) =>
        priceFeed(env).watch(hubId, [...symbols], loaded as Map<string, PriceRecord>),
      sales: (topics) => saleFeed(env).watch(hubId, [...topics]),
    },
    prepare: (sent) => prepared(sent, registry),
    prepareAgain: (sent) => prepared(sent, registryAgain),
    isPrivate: ({ document, operation }) => serving.policyOf(document, operation).scope === 'private',
    execute: (operation, context, event) => serving.execute(operation, context, event),
    countUse: ({ chosen, sent }) => {
      if (chosen.found !== null) usage.used(chosen.found.operation.id, sent.client);
      if (usage.isDue(nowMs())) waitUntil(usage.flushWhenDue());
    },
    viewerOf: (authorization) =>
      viewerOf(new Request('https://gateway.invalid/graphql', asHeader(authorization))),
    createContext: (requestId, viewer, events) =>
      createContext({ requestId, viewer, waitUntil, ...(events ? { events } : {}) }),
    randomId,
    nowMs,
  });
}

function asHeader(authorization: string | null): { headers: Headers } {
  try {
    return { headers: new Headers(authorization === null ? {} : { authorization }) };
  } catch {
    throw new GraphQLError('The authorization is nothing that a header can carry.', {
      extensions: { code: 'UNAUTHENTICATED' },
    });
  }
}
