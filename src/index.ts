/** The Worker's entry. */
import { createDurableObjects } from './app/durable-objects.ts';
import { createIsolates } from './app/isolate.ts';
import { createWorker } from './app/worker.ts';

const isolateOf = createIsolates();

const durableObjects = createDurableObjects(isolateOf);
export class Attempts extends durableObjects.Attempts {}
export class PoolLedger extends durableObjects.PoolLedger {}
export class PriceFeed extends durableObjects.PriceFeed {}
export class RealtimeChat extends durableObjects.RealtimeChat {}
export class SaleFeed extends durableObjects.SaleFeed {}
export class SubscriptionHub extends durableObjects.SubscriptionHub {}

export default createWorker(isolateOf);
