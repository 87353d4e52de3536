import { OPERATION_LOOKUP_MEMORY_SECONDS } from '../storage/kv/keys.ts';

export const UNKNOWN_IDS_MAX = 10_000;

/** The ids that D1 did not know a moment ago, bounded in number and in time. */
export class UnknownIds {
  readonly #untilMs = new Map<string, number>();

  has(id: string, nowMs: number): boolean {
    return (this.#untilMs.get(id) ?? 0) > nowMs;
  }

  note(id: string, nowMs: number): void {
    this.#untilMs.delete(id);
    this.#untilMs.set(id, nowMs + OPERATION_LOOKUP_MEMORY_SECONDS * 1000);
    if (this.#untilMs.size <= UNKNOWN_IDS_MAX) return;
    for (const oldest of this.#untilMs.keys()) {
      this.#untilMs.delete(oldest);
      return;
    }
  }

  get size(): number {
    return this.#untilMs.size;
  }
}
