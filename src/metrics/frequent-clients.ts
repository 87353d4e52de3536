/** The most frequent names of clients. A name of which 2 % of the requests come is never missing. */
import { OTHER_CLIENTS_MAX, OTHER_CLIENTS_WATCHED } from '../config.ts';
import { ownCopy } from '../storage/bounded-memory.ts';
import type { OtherClient } from '../storage/d1/flushes.ts';
import { MostFrequent } from './most-frequent.ts';

/** Names have at most 64 characters each, in the key and in the value. */
const WATCHED_BYTES = 600;

export class FrequentClients {
  readonly #watched = new MostFrequent<OtherClient>(OTHER_CLIENTS_WATCHED);

  get weight(): number {
    return this.#watched.size * WATCHED_BYTES;
  }

  add(client: string, version: string, count = 1): void {
    const key = `${client}\n${version}`;
    const held = this.#watched.get(key);
    if (held !== undefined) held.count += count;
    else this.#watched.watch(ownCopy(key), { client: ownCopy(client), version: ownCopy(version), count });
  }

  /** The most frequent first; a count is a lower bound. */
  take(): OtherClient[] {
    return this.#watched.take().slice(0, OTHER_CLIENTS_MAX);
  }
}
