/**
 * The most frequent of any number of keys, in bounded memory: the Space-Saving algorithm (Metwally, Agrawal and El Abbadi,
 * "Efficient computation of frequent and top-k elements in data streams", 2005).
 *
 * The count of an item is a lower bound: it begins anew when another key has displaced the item's. Of `max` keys, one that
 * has more than the `max`th part of all counts is never missing.
 */

interface Watched<Item> {
  item: Item;
  /** The count of the key that it displaced: how often it may have been seen before. */
  before: number;
}

const upperBound = ({ item, before }: Watched<{ count: number }>) => item.count + before;

export class MostFrequent<Item extends { count: number }> {
  readonly #max: number;
  #watched = new Map<string, Watched<Item>>();
  /** The upper bound of the last key that was displaced: no key has a smaller one, because a new key begins above it. */
  #leastCount = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** The item of a key, whose count grows with it; undefined if the key is not watched. */
  get(key: string): Item | undefined {
    return this.#watched.get(key)?.item;
  }

  /** Watches a new key. @returns the item of the rarest key, if that was displaced */
  watch(key: string, item: Item): Item | undefined {
    if (this.#watched.size < this.#max) {
      this.#watched.set(key, { item, before: 0 });
      return undefined;
    }
    const displaced = this.#displaced();
    this.#watched.set(key, { item, before: this.#leastCount });
    return displaced;
  }

  /** All items, the most frequent first. Nothing is watched then. */
  take(): Item[] {
    const items = [...this.#watched.values()].map(({ item }) => item);
    this.#watched = new Map();
    this.#leastCount = 0;
    return items.sort((one, other) => other.count - one.count);
  }

  #displaced(): Item | undefined {
    let rarest: [string, Watched<Item>] | undefined;
    for (const entry of this.#watched) {
      if (rarest === undefined || upperBound(entry[1]) < upperBound(rarest[1])) rarest = entry;
      if (upperBound(rarest[1]) === this.#leastCount) break;
    }
    if (rarest === undefined) return undefined;
    this.#watched.delete(rarest[0]);
    this.#leastCount = upperBound(rarest[1]);
    return rarest[1].item;
  }
}
