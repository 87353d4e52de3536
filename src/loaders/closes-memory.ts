/**
 * Hourly closes as one isolate remembers them: a list is made anew each minute for its prices, and its sparklines
 * change once an hour, with a sync.
 *
 * Given is what was read under the generation of `candles` that the isolate knows of, at most ten minutes ago should the
 * word of a newer one be lost. Bounded in bytes.
 */
import { CLOSES_MEMORY_MAX_BYTES } from '../config.ts';
import { BoundedMemory } from '../storage/bounded-memory.ts';
import type { ClosePoint } from '../storage/d1/hourly-closes.ts';

interface Remembered {
  closes: readonly ClosePoint[];
  sinceSeconds: number;
  seen: ClosesSeen;
}

/** When closes are read, and what is known to have changed by then. */
export interface ClosesSeen {
  generation: number;
  nowMs: number;
}

const KEPT_MS = 600_000;
/** An object, two numbers, and their place in the list. */
const CLOSE_BYTES = 56;
const SYMBOL_BYTES = 300;

export class ClosesMemory {
  readonly #bySymbol = new BoundedMemory<Remembered>(CLOSES_MEMORY_MAX_BYTES);

  /** Oldest first; null where they must be read. */
  recall(symbol: string, sinceSeconds: number, now: ClosesSeen): readonly ClosePoint[] | null {
    const held = this.#bySymbol.get(symbol);
    if (held === undefined || held.sinceSeconds > sinceSeconds) return null;
    const ageMs = now.nowMs - held.seen.nowMs;
    if (held.seen.generation !== now.generation || ageMs < 0 || ageMs >= KEPT_MS) return null;
    const begin = held.closes.findIndex(({ time }) => time >= sinceSeconds);
    return begin === -1 ? [] : held.closes.slice(begin);
  }

  /** @param closes all of them since then, oldest first. */
  remember(symbol: string, sinceSeconds: number, closes: readonly ClosePoint[], seen: ClosesSeen): void {
    this.#bySymbol.set(symbol, { closes, sinceSeconds, seen }, SYMBOL_BYTES + CLOSE_BYTES * closes.length);
  }
}
