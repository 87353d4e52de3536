/**
 * What an isolate keeps of something that clients may ask for without end, by key and bounded by weight.
 *
 * What was not asked for since the last time it was looked at is forgotten first, the oldest of it before others: the
 * clock algorithm, which comes close to the least recently used and costs a reader one look-up.
 */
interface Kept<Value> {
  value: Value;
  weight: number;
  isUsed: boolean;
}

export class BoundedMemory<Value> {
  readonly #kept = new Map<string, Kept<Value>>();
  readonly #maxWeight: number;
  #weight = 0;

  /** @param maxWeight of all that is kept, in whatever unit the caller weighs by. */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    kept.isUsed = true;
    return kept.value;
  }

  /** What weighs more than everything together may is not kept, and neither is what stood under its key. */
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

  /** Ends: whoever is spared goes to the end, and is spared once. */
  #makeRoom(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#weight <= this.#maxWeight) return;
      this.#kept.delete(key);
      if (kept.isUsed) this.#kept.set(key, { ...kept, isUsed: false });
      else this.#weight -= kept.weight;
    }
  }
}
