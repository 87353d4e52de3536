/**
 * Workers KV as the gateway's own classes see it from many locations, on a clock that the caller drives.
 *
 * A location keeps what it read, a value or its absence, and gives that for 60 s; what it wrote itself it sees at once
 * (developers.cloudflare.com/kv/concepts/how-kv-works). Every key that is read or written is billed and counted, by
 * what it is for. Metadata comes back as it was put; keys expire; nothing is ever lost.
 */

/** As late as a location may be. */
export const KV_VISIBLE_AFTER_MS = 60_000;

interface Entry {
  value: string | Uint8Array<ArrayBuffer>;
  metadata: unknown;
  expiresAtMs: number;
}

export interface KvCounts {
  reads: Map<string, number>;
  writes: Map<string, number>;
}

export class FakeKv {
  readonly counts: KvCounts = { reads: new Map(), writes: new Map() };
  readonly central = new Map<string, Entry>();
  readonly #nowMs: () => number;
  readonly #causeOf: (key: string) => string;

  constructor(sources: { nowMs(): number; causeOf(key: string): string }) {
    this.#nowMs = sources.nowMs;
    this.#causeOf = sources.causeOf;
  }

  /** What one location sees. */
  location(): KVNamespace {
    const seen = new Map<string, { entry: Entry | undefined; readAtMs: number }>();
    const read = (key: string): Entry | undefined => {
      this.#count(this.counts.reads, key);
      const nowMs = this.#nowMs();
      const held = seen.get(key);
      const isRecent = held !== undefined && nowMs - held.readAtMs < KV_VISIBLE_AFTER_MS;
      const entry = isRecent ? held.entry : this.central.get(key);
      if (!isRecent) seen.set(key, { entry, readAtMs: nowMs });
      return entry !== undefined && entry.expiresAtMs > nowMs ? entry : undefined;
    };
    const kv = {
      get: async (keys: string | readonly string[]) =>
        typeof keys === 'string'
          ? (read(keys)?.value ?? null)
          : new Map(keys.map((key) => [key, read(key)?.value ?? null])),
      getWithMetadata: async (key: string) => {
        const entry = read(key);
        return { value: entry?.value ?? null, metadata: entry?.metadata ?? null };
      },
      put: async (key: string, value: Entry['value'], options: KVNamespacePutOptions = {}) => {
        this.#count(this.counts.writes, key);
        const nowMs = this.#nowMs();
        const { expirationTtl = Number.POSITIVE_INFINITY, metadata = null } = options;
        const entry = { value, metadata, expiresAtMs: nowMs + expirationTtl * 1000 };
        this.central.set(key, entry);
        seen.set(key, { entry, readAtMs: nowMs });
      },
    };
    // What the gateway calls of it, and nothing else.
    return kv as unknown as KVNamespace;
  }

  #count(counts: Map<string, number>, key: string): void {
    const cause = this.#causeOf(key);
    counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
}
