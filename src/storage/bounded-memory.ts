/**
 * The memories of an isolate: each bounded in bytes, all of them within one budget.
 *
 * A memory evicts by the clock algorithm: the oldest entry that was not used since the last sweep goes first. This comes
 * close to least recently used, and a read costs one look-up.
 */
import { ISOLATE_MEMORY_MAX_BYTES, MEMORY_SHARES_BYTES, type MemoryName } from '../config.ts';

interface Entry<Value> {
  value: Value;
  weight: number;
  isUsed: boolean;
}

export class BoundedMemory<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxWeight: number;
  #weight = 0;

  /** @param maxWeight of all entries together, in the unit of `set`'s weights: bytes in an isolate. */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.value;
  }

  /** A value over the limit is not stored; the old value of its key is deleted. */
  set(key: string, value: Value, weight: number): void {
    this.delete(key);
    if (weight > this.#maxWeight) return;
    this.#weight += weight;
    this.#makeRoom();
    this.#entries.set(ownCopy(key), { value, weight, isUsed: false });
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** All values. Reading them here does not count as use, and so keeps none of them from eviction. */
  *values(): Iterable<Value> {
    for (const { value } of this.#entries.values()) yield value;
  }

  get size(): number {
    return this.#entries.size;
  }

  get weight(): number {
    return this.#weight;
  }

  /** A used entry moves to the end of the queue once, so the loop ends. */
  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#weight <= this.#maxWeight) return;
      this.#entries.delete(key);
      if (entry.isUsed) this.#entries.set(key, { ...entry, isUsed: false });
      else this.#weight -= entry.weight;
    }
  }
}

export interface MemoryUse {
  bytes: number;
  maxBytes: number;
  entries: number;
}

export type MemoryShares = Readonly<Record<MemoryName, number>>;

/** Opens each memory once, by name, within its share. */
export class MemoryBudget {
  readonly #shares: MemoryShares;
  readonly #opened = new Map<MemoryName, Pick<BoundedMemory<unknown>, 'weight' | 'size'>>();

  /** @throws RangeError where the shares are more than an isolate has for them. */
  constructor(shares: MemoryShares = MEMORY_SHARES_BYTES) {
    const bytes = Object.values(shares).reduce((sum, share) => sum + share, 0);
    if (bytes > ISOLATE_MEMORY_MAX_BYTES) throw new RangeError(`the memories share ${bytes} bytes`);
    this.#shares = shares;
  }

  /** @throws Error where the memory is open already: two of one name would take its share twice. */
  open<Value>(name: MemoryName): BoundedMemory<Value> {
    const memory = new BoundedMemory<Value>(this.#shares[name]);
    this.track(name, memory);
    return memory;
  }

  /** Shows a memory that is bounded where it is filled. */
  track(name: MemoryName, memory: Pick<BoundedMemory<unknown>, 'weight' | 'size'>): void {
    if (this.#opened.has(name)) throw new Error(`the memory ${name} is open already`);
    this.#opened.set(name, memory);
  }

  get use(): MemoryUse & { memories: Partial<Record<MemoryName, MemoryUse>> } {
    const memories: Partial<Record<MemoryName, MemoryUse>> = {};
    let [bytes, entries] = [0, 0];
    for (const [name, { weight, size }] of this.#opened) {
      memories[name] = { bytes: weight, maxBytes: this.#shares[name], entries: size };
      bytes += weight;
      entries += size;
    }
    return { bytes, maxBytes: ISOLATE_MEMORY_MAX_BYTES, entries, memories };
  }
}

/** A part of a longer string keeps all of it in V8's heap: a copy of its own keeps the part alone. */
export const ownCopy = (text: string) => ` ${text}`.slice(1);

/** A small value and its place in the map, without its texts. */
export const ENTRY_BYTES = 100;

/** A string takes at most two bytes for each of its characters. */
export const textBytes = (...texts: readonly string[]) =>
  texts.reduce((bytes, { length }) => bytes + 2 * length, 0);
