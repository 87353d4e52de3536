/** The keys that a source did not hold a moment ago, as one isolate remembers it; bounded in number and in time. */
export class RecentlyAbsent {
  readonly #untilMs = new Map<string, number>();
  readonly #seconds: number;
  readonly #maxKeys: number;

  constructor(bounds: { seconds: number; maxKeys: number }) {
    this.#seconds = bounds.seconds;
    this.#maxKeys = bounds.maxKeys;
  }

  has(key: string, nowMs: number): boolean {
    return (this.#untilMs.get(key) ?? 0) > nowMs;
  }

  /** Beyond the bound the key noted longest ago is forgotten. */
  note(key: string, nowMs: number): void {
    this.#untilMs.delete(key);
    this.#untilMs.set(key, nowMs + this.#seconds * 1000);
    if (this.#untilMs.size <= this.#maxKeys) return;
    for (const oldest of this.#untilMs.keys()) {
      this.#untilMs.delete(oldest);
      return;
    }
  }

  get size(): number {
    return this.#untilMs.size;
  }
}
