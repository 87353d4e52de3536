/**
 * KV as an isolate would ask it if the values that every isolate rereads were asked for less: from a location's own
 * cache, which costs nothing (the Cache API), or only when the generations say that they have changed.
 */
import {
  CACHE_GENERATIONS_KEY,
  OPERATION_LIVENESS_KEY,
  PRICE_SNAPSHOT_KEY,
} from '../../src/storage/kv/keys.ts';

interface Read {
  text: string | null;
  readAtMs: number;
}

export interface PolledKvOptions {
  /** Of the location. */
  shared: Map<string, Read>;
  sharedSeconds: number;
  byGeneration: boolean;
  nowMs(): number;
}

const POLLED: ReadonlySet<string> = new Set([
  CACHE_GENERATIONS_KEY,
  OPERATION_LIVENESS_KEY,
  PRICE_SNAPSHOT_KEY,
]);
/** Generations that are so old say nothing any more: `CACHE_GENERATIONS_MEMORY_SECONDS`. */
const GENERATIONS_GOOD_FOR_MS = 15_000;

/** What one isolate knows, over both of its namespaces. */
export function polledKvs({ shared, sharedSeconds, byGeneration, nowMs }: PolledKvOptions) {
  const own = new Map<string, Read>();
  const isUnchanged = (key: string): boolean => {
    const held = own.get(key);
    const generations = own.get(CACHE_GENERATIONS_KEY);
    if (!byGeneration || key === CACHE_GENERATIONS_KEY || held === undefined) return false;
    // Nothing is published in the simulation, so what lives never changes.
    if (key === OPERATION_LIVENESS_KEY) return true;
    if (generations === undefined || nowMs() - generations.readAtMs >= GENERATIONS_GOOD_FOR_MS) return false;
    const { prices = 0 } = JSON.parse(generations.text ?? '{}') as { prices?: number };
    return (JSON.parse(held.text ?? '{"asOf":0}') as { asOf: number }).asOf >= prices;
  };
  const read = async (kv: KVNamespace, key: string): Promise<string | null> => {
    if (isUnchanged(key)) return own.get(key)?.text ?? null;
    const held = shared.get(key);
    const isHeld = held !== undefined && nowMs() - held.readAtMs < sharedSeconds * 1000;
    const found = isHeld ? held : { text: await kv.get(key, 'text'), readAtMs: nowMs() };
    if (!isHeld) shared.set(key, found);
    own.set(key, found);
    return found.text;
  };
  return (kv: KVNamespace): KVNamespace =>
    new Proxy(kv, {
      get(target, property) {
        if (property !== 'get') return Reflect.get(target, property) as unknown;
        return async (keys: string | string[], type: string) => {
          const [only, ...others] = typeof keys === 'string' ? [keys] : keys;
          if (only === undefined || others.length > 0 || !POLLED.has(only))
            return target.get(keys as string, type as 'text');
          const text = await read(target, only);
          return typeof keys === 'string' ? text : new Map([[only, text]]);
        };
      },
    });
}
