/**
 * The memories of an isolate: each bounded in bytes, all of them within one budget.
 *
 * A memory evicts the oldest entry that nobody has read since its last turn: the clock algorithm, which comes close to
 * the least recently used and costs a reader one look-up.
 */
import { ISOLATE_MEMORY_MAX_BYTES, MEMORY_SHARES_BYTES, type MemoryName } from '../config.ts';

interface Kept<Value> {
  value: Value;
  weight: number;
  isUsed: boolean;
}

export class BoundedMemory<Value> {
  readonly #kept = new Map<string, Kept<Value>>();
  readonly #maxWeight: number;
  #weight = 0;

  /** @param maxWeight of all entries together, in the unit of `set`'s weights: bytes in an isolate. */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    kept.isUsed = true;
    return kept.value;
  }

  /** An entry that is heavier than the whole memory may be is not kept; the entry that it replaces is deleted. */
  set(key: string, value: Value, weight: number): void {
    this.delete(key);
    if (weight > this.#maxWeight) return;
    this.#weight += weight;
    this.#makeRoom();
    this.#kept.set(key, { value, weight, isUsed: false });
  }

  delete(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#weight -= kept.weight;
  }

  get size(): number {
    return this.#kept.size;
  }

  get weight(): number {
    return this.#weight;
  }

  /** Ends: a used entry moves to the end of the queue once. */
  #makeRoom(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#weight <= this.#maxWeight) return;
      this.#kept.delete(key);
      if (kept.isUsed) this.#kept.set(key, { ...kept, isUsed: false });
      else this.#weight -= kept.weight;
    }
  }
}

export interface MemoryUse {
  bytes: number;
  maxBytes: number;
  entries: number;
}

/** Opens each memory once, by name, within its share of `MEMORY_SHARES_BYTES`. */
export class MemoryBudget {
  readonly #opened = new Map<MemoryName, Pick<BoundedMemory<unknown>, 'weight' | 'size'>>();

  /** @throws Error where the memory is open already: two of one name would take its share twice. */
  open<Value>(name: MemoryName): BoundedMemory<Value> {
    const memory = new BoundedMemory<Value>(MEMORY_SHARES_BYTES[name]);
    this.track(name, memory);
    return memory;
  }

  /** Shows a memory that holds one value, whose source bounds it. */
  track(name: MemoryName, memory: Pick<BoundedMemory<unknown>, 'weight' | 'size'>): void {
    if (this.#opened.has(name)) throw new Error(`the memory ${name} is open already`);
    this.#opened.set(name, memory);
  }

  get use(): MemoryUse & { memories: Partial<Record<MemoryName, MemoryUse>> } {
    const memories: Partial<Record<MemoryName, MemoryUse>> = {};
    let [bytes, entries] = [0, 0];
    for (const [name, { weight, size }] of this.#opened) {
      memories[name] = { bytes: weight, maxBytes: MEMORY_SHARES_BYTES[name], entries: size };
      bytes += weight;
      entries += size;
    }
    return { bytes, maxBytes: ISOLATE_MEMORY_MAX_BYTES, entries, memories };
  }
}

/** A string takes at most two bytes for each of its characters. */
export const textBytes = (...texts: readonly string[]) =>
  texts.reduce((bytes, { length }) => bytes + 2 * length, 0);
