import { DurableObject } from 'cloudflare:workers';
import { priceFeed } from '../realtime/price-events.ts';
import { PollingPriceFeed } from '../realtime/price-feed.ts';
import type { TopicStates } from '../realtime/topic-log.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import type { Isolate } from './isolate.ts';
import { type ObjectWork, objectWork } from './object-work.ts';
import { nowMs } from './runtime.ts';
import { hubPublisher } from './subscription-hub-object.ts';

export function createPriceFeedObject(requireIsolate: (env: Env) => Isolate) {
  return class PriceFeed extends DurableObject<Env> {
    readonly #feed: PollingPriceFeed;
    readonly #work: ObjectWork;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const isolate = requireIsolate(env);
      const { promptApis, config } = isolate;
      this.#work = objectWork(isolate, 'price-feed', (promise) => state.waitUntil(promise));
      this.#feed = new PollingPriceFeed({
        storage: state.storage,
        fetchPrices: (symbols) => promptApis.price.batch(symbols),
        publish: hubPublisher(isolate.env, priceFeed.name),
        pollMs: config.PRICE_POLL_SECONDS * 1000,
        nowMs,
      });
    }

    watch(
      hubId: string,
      symbols: string[],
      loaded: Map<string, PriceRecord>,
      callNumber?: number,
    ): Promise<TopicStates<PriceRecord>> {
      return this.#work(() => this.#feed.watch(hubId, symbols, loaded, callNumber));
    }

    refreshed(symbols: string[]): Promise<TopicStates<PriceRecord>> {
      return this.#work(() => this.#feed.refreshed(symbols));
    }

    prices(): PriceRecord[] {
      return this.#feed.prices();
    }

    override alarm(): Promise<void> {
      return this.#work(() => this.#feed.poll());
    }
  };
}
