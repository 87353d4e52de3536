/** Keys that a source did not have at the last look-up. An isolate remembers them in bounded bytes, for a limited time. */
import { type BoundedMemory, ENTRY_BYTES, textBytes } from './bounded-memory.ts';

export class RecentlyAbsent {
  readonly #untilMs: BoundedMemory<number>;
  readonly #seconds: number;

  constructor(seconds: number, memory: BoundedMemory<number>) {
    this.#seconds = seconds;
    this.#untilMs = memory;
  }

  has(key: string, nowMs: number): boolean {
    const leftMs = (this.#untilMs.get(key) ?? 0) - nowMs;
    // More than its time was left by a clock that was set back since.
    return leftMs > 0 && leftMs <= this.#seconds * 1000;
  }

  note(key: string, nowMs: number): void {
    this.#untilMs.set(key, nowMs + this.#seconds * 1000, textBytes(key) + ENTRY_BYTES);
  }

  get size(): number {
    return this.#untilMs.size;
  }
}
