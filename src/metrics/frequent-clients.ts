/**
 * The most frequent of any number of names, in bounded memory: the Space-Saving algorithm (Metwally, Agrawal and El Abbadi,
 * "Efficient computation of frequent and top-k elements in data streams", 2005).
 *
 * A count is a lower bound: what was seen since the name was last displaced by another. A name of which 2 % of the requests
 * come is never missing.
 */
import { OTHER_CLIENTS_MAX, OTHER_CLIENTS_WATCHED } from '../config.ts';
import { ownCopy } from '../storage/bounded-memory.ts';

export interface FrequentClient {
  client: string;
  version: string;
  count: number;
}

interface Watched extends FrequentClient {
  /** The count of the name that it displaced: how often it may have been seen before. */
  before: number;
}

/** Names have at most 64 characters each, in the key and in the value. */
const WATCHED_BYTES = 600;

export class FrequentClients {
  #watched = new Map<string, Watched>();
  /** The count of the last name that was displaced: no name has a smaller one, because a new name begins above it. */
  #leastCount = 0;

  get weight(): number {
    return this.#watched.size * WATCHED_BYTES;
  }

  add(client: string, version: string, count = 1): void {
    const key = `${client}\n${version}`;
    const held = this.#watched.get(key);
    if (held !== undefined) {
      held.count += count;
      return;
    }
    const before = this.#watched.size < OTHER_CLIENTS_WATCHED ? 0 : this.#displaced();
    const added = { client: ownCopy(client), version: ownCopy(version), count: before + count, before };
    this.#watched.set(ownCopy(key), added);
  }

  /** The most frequent first. */
  take(): FrequentClient[] {
    const watched = [...this.#watched.values()];
    this.#watched = new Map();
    this.#leastCount = 0;
    return watched
      .map(({ before, count, ...named }) => ({ ...named, count: count - before }))
      .sort((one, other) => other.count - one.count)
      .slice(0, OTHER_CLIENTS_MAX);
  }

  /** Forgets the rarest name. @returns its count */
  #displaced(): number {
    let rarest: [string, Watched] | undefined;
    for (const entry of this.#watched) {
      if (rarest === undefined || entry[1].count < rarest[1].count) rarest = entry;
      if (rarest[1].count === this.#leastCount) break;
    }
    if (rarest === undefined) return 0;
    this.#watched.delete(rarest[0]);
    this.#leastCount = rarest[1].count;
    return this.#leastCount;
  }
}
