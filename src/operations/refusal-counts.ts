/**
 * Refusals by reason, day, client and id. Clients make up ids and names, so only the most frequent ones are kept. The
 * others count for their reason, without id and name: no refusal is lost.
 */
import { REFUSALS_NAMED_MAX, REFUSALS_WATCHED } from '../config.ts';
import { MostFrequent } from '../metrics/most-frequent.ts';
import type { RefusalCount } from '../storage/d1/operation-usage.ts';

/** Keys are unambiguous: only the id of a document can contain a line break, and it is last. */
const keyOf = ({ reason, client, version, day, documentId }: RefusalCount) =>
  [reason, client, version, day, documentId].join('\n');

function addTo(held: RefusalCount, { count, lastSeen }: RefusalCount): void {
  held.count += count;
  held.lastSeen = Math.max(held.lastSeen, lastSeen);
}

export class RefusalCounts {
  readonly #named = new MostFrequent<RefusalCount>(REFUSALS_WATCHED);
  #nameless = new Map<string, RefusalCount>();

  get size(): number {
    return this.#named.size + this.#nameless.size;
  }

  add(row: RefusalCount): void {
    if (row.documentId === '' && row.client === '' && row.version === '') {
      this.#addNameless(row);
      return;
    }
    const key = keyOf(row);
    const held = this.#named.get(key);
    if (held !== undefined) {
      addTo(held, row);
      return;
    }
    const displaced = this.#named.watch(key, row);
    if (displaced !== undefined) this.#addNameless(displaced);
  }

  /** The rows of all refusals since the last call. */
  take(): RefusalCount[] {
    const named = this.#named.take();
    for (const row of named.splice(REFUSALS_NAMED_MAX)) this.#addNameless(row);
    const rows = [...named, ...this.#nameless.values()];
    this.#nameless = new Map();
    return rows;
  }

  #addNameless(row: RefusalCount): void {
    const nameless = { ...row, documentId: '', client: '', version: '' };
    const key = keyOf(nameless);
    const held = this.#nameless.get(key);
    if (held === undefined) this.#nameless.set(key, nameless);
    else addTo(held, row);
  }
}
