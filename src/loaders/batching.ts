import DataLoader from 'dataloader';

/**
 * Runs a batch after all resolvers that are ready have added their keys. DataLoader's own scheduler needs `nextTick`,
 * which Workers without Node compatibility do not have; a timer would wait for the event loop. Nested promise jobs run
 * after the jobs already queued, and after those that they queue.
 */
const resolved = Promise.resolve();
function scheduleBatch(run: () => void): void {
  resolved.then(() => resolved.then(() => resolved.then(() => resolved.then(run))));
}

/**
 * A DataLoader whose batch function returns a map; a key that is not in the map is null.
 *
 * @param options.cache false if each batch asks anew: mutations of the same request may change what it reads
 */
export function loaderOf<Key, Value, CacheKey = Key>(
  loadMany: (keys: readonly Key[]) => Promise<ReadonlyMap<CacheKey, Value | null | Error>>,
  cacheKeyOf?: (key: Key) => CacheKey,
  { cache = true }: { cache?: boolean } = {},
): DataLoader<Key, Value | null, CacheKey> {
  const keyOf = cacheKeyOf ?? ((key: Key) => key as unknown as CacheKey);
  return new DataLoader<Key, Value | null, CacheKey>(
    async (keys) => {
      const values = await loadMany(keys);
      return keys.map((key) => values.get(keyOf(key)) ?? null);
    },
    { batchScheduleFn: scheduleBatch, cacheKeyFn: keyOf, cache },
  );
}
