import { DurableObject } from 'cloudflare:workers';
import { saleFeed } from '../realtime/sale-events.ts';
import { SaleFeedReader, type SaleRow } from '../realtime/sale-feed.ts';
import type { TopicStates } from '../realtime/topic-log.ts';
import type { Isolate } from './isolate.ts';
import { nowMs } from './runtime.ts';
import { hubPublisher } from './subscription-hub-object.ts';

export function createSaleFeedObject(requireIsolate: (env: Env) => Isolate) {
  return class SaleFeed extends DurableObject<Env> {
    readonly #feed: SaleFeedReader;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const isolate = requireIsolate(env);
      this.#feed = new SaleFeedReader({
        storage: state.storage,
        db: isolate.env.DB,
        publish: hubPublisher(isolate.env, saleFeed.name),
        nowMs,
      });
    }

    watch(hubId: string, topics: string[], callNumber?: number): Promise<TopicStates<SaleRow>> {
      return this.#feed.watch(hubId, topics, callNumber);
    }

    changed(): Promise<void> {
      return this.#feed.changed();
    }

    override alarm(): Promise<void> {
      return this.#feed.alarm();
    }
  };
}
