/** The Worker's entry. Accounts come later: until then every caller is a stranger. */
import { createDurableObjects } from './durable-objects.ts';
import { createWorker } from './gateway.ts';

const viewerOf = async () => null;

const durableObjects = createDurableObjects(viewerOf);
export class PriceFeed extends durableObjects.PriceFeed {}
export class SaleFeed extends durableObjects.SaleFeed {}
export class SubscriptionHub extends durableObjects.SubscriptionHub {}

export default createWorker(viewerOf);
