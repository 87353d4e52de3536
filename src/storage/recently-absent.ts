/** Keys that a source did not have at the last look-up. An isolate remembers a limited number, for a limited time. */
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

  /** Above the limit, it evicts the oldest key. */
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
