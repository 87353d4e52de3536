/**
 * The ids that releases carry since the overlay was written: KV shows an overlay up to a minute late.
 *
 * D1 lists them by the revision of the change, so that an isolate reads each change once, however many ids it is asked
 * for.
 */
export interface ChangesRead {
  /** The ids as the isolate's memories have them. */
  keys: readonly string[];
  /** The latest change in D1. */
  revision: number;
}

const READ_PAUSE_MS = 1_000;

export class NewerIds {
  #keys = new Set<string>();
  #revision = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** The latest change that is known. */
  get revision(): number {
    return this.#revision;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** True once a second: the caller then reads what has changed. */
  claimRead(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#readAtMs;
    if (elapsedMs >= 0 && elapsedMs < READ_PAUSE_MS) return false;
    this.#readAtMs = nowMs;
    return true;
  }

  add({ keys, revision }: ChangesRead): void {
    for (const key of keys) this.#keys.add(key);
    this.#revision = Math.max(this.#revision, revision);
  }

  /** @param revision that of an overlay, which names all ids up to it. */
  overlayRead(revision: number): void {
    if (revision < this.#revision) return;
    this.#keys = new Set();
    this.#revision = revision;
  }
}
