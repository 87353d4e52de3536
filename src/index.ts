/** The Worker's entry. There are no accounts yet: every caller is anonymous. */
import { createDurableObjects } from './app/durable-objects.ts';
import { createIsolates } from './app/isolate.ts';
import { createWorker } from './app/worker.ts';

const isolateOf = createIsolates(async () => null);

const durableObjects = createDurableObjects(isolateOf);
export class Attempts extends durableObjects.Attempts {}
export class PriceFeed extends durableObjects.PriceFeed {}
export class SaleFeed extends durableObjects.SaleFeed {}
export class SubscriptionHub extends durableObjects.SubscriptionHub {}

export default createWorker(isolateOf);
