import DataLoader from 'dataloader';

/**
 * Runs a batch once every resolver that is ready has asked. A promise job runs after the jobs already queued, a
 * second one after those that they queue, which is where DataLoader's own scheduler puts its `nextTick`; Workers
 * without Node compatibility have no `nextTick`, and a timer would wait for the event loop.
 */
const resolved = Promise.resolve();
function scheduleBatch(run: () => void): void {
  resolved.then(() => resolved.then(() => resolved.then(() => resolved.then(run))));
}

/** A DataLoader whose batch function answers with a map; keys that are not in it are null. */
export function loaderOf<Key, Value, CacheKey = Key>(
  loadMany: (keys: readonly Key[]) => Promise<ReadonlyMap<CacheKey, Value | null | Error>>,
  cacheKeyOf?: (key: Key) => CacheKey,
): DataLoader<Key, Value | null, CacheKey> {
  const keyOf = cacheKeyOf ?? ((key: Key) => key as unknown as CacheKey);
  return new DataLoader<Key, Value | null, CacheKey>(
    async (keys) => {
      const values = await loadMany(keys);
      return keys.map((key) => values.get(keyOf(key)) ?? null);
    },
    { batchScheduleFn: scheduleBatch, cacheKeyFn: keyOf },
  );
}
