/**
 * KV as an isolate would ask it if the values that every isolate rereads were shared: by the isolates of a location
 * through the Cache API, which costs nothing, or by standing in one value instead of two.
 */
import { CACHE_GENERATIONS_KEY, OPERATION_LIVENESS_KEY, PRICE_SNAPSHOT_KEY } from '../../src/storage/kv/keys.ts';

export interface PolledKvOptions {
  /** Of the location: what was read, and when. */
  shared: Map<string, { text: string | null; readAtMs: number }>;
  sharedSeconds: number;
  merged: boolean;
  nowMs(): number;
}

const POLLED: ReadonlySet<string> = new Set([CACHE_GENERATIONS_KEY, OPERATION_LIVENESS_KEY, PRICE_SNAPSHOT_KEY]);
/** An isolate rereads what lives so often. */
const MERGED_GOOD_FOR_MS = 30_000;

export function polledKv(kv: KVNamespace, { shared, sharedSeconds, merged, nowMs }: PolledKvOptions): KVNamespace {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let liveness: string | null = null;
  const read = async (key: string): Promise<string | null> => {
    if (merged && key === OPERATION_LIVENESS_KEY && nowMs() - readAtMs < MERGED_GOOD_FOR_MS) return liveness;
    const held = shared.get(key);
    const isHeld = held !== undefined && nowMs() - held.readAtMs < sharedSeconds * 1000;
    const text = isHeld ? held.text : await kv.get(key, 'text');
    if (!isHeld) shared.set(key, { text, readAtMs: nowMs() });
    if (key === OPERATION_LIVENESS_KEY) liveness = text;
    if (key === OPERATION_LIVENESS_KEY || key === CACHE_GENERATIONS_KEY) readAtMs = nowMs();
    return text;
  };
  return new Proxy(kv, {
    get(target, property) {
      if (property !== 'get') return Reflect.get(target, property) as unknown;
      return async (keys: string | string[], type: string) => {
        const [only, ...others] = typeof keys === 'string' ? [keys] : keys;
        if (only === undefined || others.length > 0 || !POLLED.has(only)) return target.get(keys as string, type as 'text');
        const text = await read(only);
        return typeof keys === 'string' ? text : new Map([[only, text]]);
      };
    },
  });
}
