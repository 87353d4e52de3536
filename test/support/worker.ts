/** The gateway as `src/index.ts` composes it, but for its users, who are those of `signed-in.ts`. */
import { createDurableObjects } from '../../src/app/durable-objects.ts';
import { createWorker } from '../../src/app/worker.ts';
import { isolateOf } from './isolates.ts';

const durableObjects = createDurableObjects(isolateOf);
export class Attempts extends durableObjects.Attempts {}
export class PoolLedger extends durableObjects.PoolLedger {}
export class PriceFeed extends durableObjects.PriceFeed {}
export class RealtimeChat extends durableObjects.RealtimeChat {}
export class SaleFeed extends durableObjects.SaleFeed {}
export class SubscriptionHub extends durableObjects.SubscriptionHub {}

export default createWorker(isolateOf);
