import { DurableObject } from 'cloudflare:workers';

/** The ledger of one pool. Its name is the pool's key (`investing/pool-key.ts`). */
export class PoolLedger extends DurableObject<Env> {}
