/** The gateway as `src/index.ts` composes it, but for its users, who are those of `signed-in.ts`. */
import { createDurableObjects } from '../../src/app/durable-objects.ts';
import { createWorker } from '../../src/app/worker.ts';
import { remembered } from './empty-storage.ts';
import { isolateOf } from './isolates.ts';

const durableObjects = createDurableObjects(isolateOf);
export class Attempts extends remembered('ATTEMPTS', durableObjects.Attempts) {}
export class PoolLedger extends remembered('IDO_MANAGER', durableObjects.PoolLedger) {}
export class PriceFeed extends remembered('PRICE_FEED', durableObjects.PriceFeed) {}
export class SaleFeed extends remembered('SALE_FEED', durableObjects.SaleFeed) {}
export class SubscriptionHub extends remembered('SUBSCRIPTION_HUBS', durableObjects.SubscriptionHub) {}

export default createWorker(isolateOf);
