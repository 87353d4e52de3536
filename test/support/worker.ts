/** The gateway as `src/index.ts` composes it, but for its users: accounts come later. */
import { createDurableObjects } from '../../src/durable-objects.ts';
import { createWorker } from '../../src/gateway.ts';
import { viewerOfTests } from './signed-in.ts';

const durableObjects = createDurableObjects(viewerOfTests);
export class PriceFeed extends durableObjects.PriceFeed {}
export class SaleFeed extends durableObjects.SaleFeed {}
export class SubscriptionHub extends durableObjects.SubscriptionHub {}

export default createWorker(viewerOfTests);
