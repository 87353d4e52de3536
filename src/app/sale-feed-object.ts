import { DurableObject } from 'cloudflare:workers';
import { saleFeed } from '../realtime/sale-events.ts';
import { SaleFeedReader, type SaleRow } from '../realtime/sale-feed.ts';
import type { TopicStates } from '../realtime/topic-log.ts';
import type { Isolate } from './isolate.ts';
import { type ObjectWork, objectWork } from './object-work.ts';
import { nowMs } from './runtime.ts';
import { hubPublisher } from './subscription-hub-object.ts';

export function createSaleFeedObject(requireIsolate: (env: Env) => Isolate) {
  return class SaleFeed extends DurableObject<Env> {
    readonly #feed: SaleFeedReader;
    readonly #work: ObjectWork;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const isolate = requireIsolate(env);
      this.#work = objectWork(isolate, 'sale-feed', (promise) => state.waitUntil(promise));
      this.#feed = new SaleFeedReader({
        storage: state.storage,
        db: isolate.env.DB,
        publish: hubPublisher(isolate.env, saleFeed.name),
        nowMs,
      });
    }

    watch(hubId: string, topics: string[], callNumber?: number): Promise<TopicStates<SaleRow>> {
      return this.#work(() => this.#feed.watch(hubId, topics, callNumber));
    }

    changed(): Promise<void> {
      return this.#work(() => this.#feed.changed());
    }

    override alarm(): Promise<void> {
      return this.#work(() => this.#feed.alarm());
    }
  };
}
