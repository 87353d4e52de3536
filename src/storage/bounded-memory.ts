/**
 * A cache in the isolate's memory with a limit on the total weight.
 *
 * It evicts by the clock algorithm: the oldest entry that was not used since the last sweep goes first. This comes
 * close to least recently used, and a read costs one look-up.
 */
interface Entry<Value> {
  value: Value;
  weight: number;
  isUsed: boolean;
}

export class BoundedMemory<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxWeight: number;
  #weight = 0;

  /** @param maxWeight of all entries together, in a unit of the caller's choice. */
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
    this.#entries.set(key, { value, weight, isUsed: false });
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
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
