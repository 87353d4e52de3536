/** Every Durable Object, registered once. `src/index.ts` exports each class, and wrangler.toml binds it. */
import { Attempts } from './attempts-object.ts';
import type { Isolate, IsolateOf } from './isolate.ts';
import { createPoolLedgerObject } from './pool-ledger-object.ts';
import { createPriceFeedObject } from './price-feed-object.ts';
import { createRealtimeChatObject } from './realtime-chat-object.ts';
import { createSaleFeedObject } from './sale-feed-object.ts';
import { createSubscriptionHubObject } from './subscription-hub-object.ts';

export function createDurableObjects(isolateOf: IsolateOf) {
  const requireIsolate = (env: Env): Isolate => {
    const built = isolateOf(env);
    // The Worker answers 503 before it calls an object if the configuration is wrong.
    if (!built.ok) throw new Error('the configuration is wrong');
    return built.isolate;
  };
  return {
    Attempts,
    PoolLedger: createPoolLedgerObject(requireIsolate),
    PriceFeed: createPriceFeedObject(requireIsolate),
    RealtimeChat: createRealtimeChatObject(requireIsolate),
    SaleFeed: createSaleFeedObject(requireIsolate),
    SubscriptionHub: createSubscriptionHubObject(requireIsolate),
  };
}
