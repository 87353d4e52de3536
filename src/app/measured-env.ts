import type { IsolateCalls } from '../observability/isolate-calls.ts';
import { measuredD1 } from '../observability/measured-d1.ts';
import { measuredKv } from '../observability/measured-kv.ts';
import { measuredObjects } from '../observability/measured-objects.ts';
import { measuredR2 } from '../observability/measured-r2.ts';

/** A binding that is missing fails where it is used, as it does without being measured, and not every request. */
const objects = <Objects extends DurableObjectNamespace>(namespace: Objects, calls: IsolateCalls): Objects =>
  namespace === undefined ? namespace : measuredObjects(namespace, calls);

/** The same bindings; the calls of those that are billed by call are counted. */
export const measuredEnv = (env: Env, calls: IsolateCalls): Env => ({
  ...env,
  DB: measuredD1(env.DB, calls),
  CACHE_KV: measuredKv(env.CACHE_KV, calls),
  PRICES_KV: measuredKv(env.PRICES_KV, calls),
  SESSIONS_KV: measuredKv(env.SESSIONS_KV, calls),
  STORAGE: measuredR2(env.STORAGE, calls),
  ATTEMPTS: objects(env.ATTEMPTS, calls),
  IDO_MANAGER: objects(env.IDO_MANAGER, calls),
  PRICE_FEED: objects(env.PRICE_FEED, calls),
  REALTIME_CHAT: objects(env.REALTIME_CHAT, calls),
  SALE_FEED: objects(env.SALE_FEED, calls),
  SUBSCRIPTION_HUBS: objects(env.SUBSCRIPTION_HUBS, calls),
});
