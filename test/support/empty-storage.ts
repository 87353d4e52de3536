/** Empties all storage of the Worker that tests run in. */
import { reset, runInDurableObject } from 'cloudflare:test';
import { type DurableObject, env } from 'cloudflare:workers';

type Binding = 'ATTEMPTS' | 'IDO_MANAGER' | 'PRICE_FEED' | 'SALE_FEED' | 'SUBSCRIPTION_HUBS';
type ObjectClass = new (ctx: DurableObjectState, env: Env) => DurableObject<Env>;

const used = new Map<string, Binding>();

/** The class, with objects that `emptyStorage` knows. */
export function remembered<Class extends ObjectClass>(binding: Binding, Base: Class): Class {
  // @ts-expect-error A mixin has to take any arguments; the platform passes these two.
  return class extends Base {
    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      used.set(ctx.id.toString(), binding);
    }
  };
}

/** By the class of a binding: a call that reads, and changes nothing. They are Durable Objects here. */
const READS: Record<string, (binding: never) => Promise<unknown>> = {
  D1Database: (db: D1Database) => db.prepare('SELECT 1').run(),
  KvNamespace: (kv: KVNamespace) => kv.get('any'),
  R2Bucket: (bucket: R2Bucket) => bucket.head('any'),
};

/** As in a Worker that has just started: no object is running, nothing is stored, and no alarm is set. */
export async function emptyStorage(): Promise<void> {
  // `reset` empties the objects that are in memory: one that was evicted or aborted keeps what it has stored.
  await Promise.all([
    ...Object.values(env).map((binding) => READS[binding.constructor.name]?.(binding as never)),
    ...[...used].map(([id, binding]) => {
      const objects: DurableObjectNamespace = env[binding];
      return runInDurableObject(objects.get(objects.idFromString(id)), () => undefined);
    }),
  ]);
  await reset();
  used.clear();
}
