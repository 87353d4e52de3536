import type { BoundedMemory } from '../storage/bounded-memory.ts';
import {
  type CandleIntervalCode,
  type CandleRange,
  type CandleRow,
  candlesInRange,
  lastCandles,
} from '../storage/d1/candles.ts';
import { type ClosePoint, hourlyCloses } from '../storage/d1/hourly-closes.ts';
import { indicatorsBySymbols } from '../storage/d1/indicators.ts';
import { loaderOf } from './batching.ts';

const orNone = (closes: readonly ClosePoint[] | null): readonly ClosePoint[] => closes ?? [];
const HOUR_SECONDS = 3_600;

export interface CandleSources {
  db: D1Database;
  nowMs: number;
  closesMemory: ClosesMemory;
  /** The generation of the tag `candles` that the isolate knows; null if unknown, and then the memory is not used. */
  candlesGeneration: number | null;
}

/**
 * Made for each request. Closes outside the memory cost one D1 call per distinct period, and last candles one per
 * distinct interval and number.
 */
export function createCandleLoader(sources: CandleSources) {
  const { db, nowMs } = sources;
  const nowSeconds = Math.floor(nowMs / 1000);
  const closesByPeriod = new Map<number, ReturnType<typeof closesOver>>();
  const closesOver = (periodSeconds: number) =>
    loaderOf((symbols: readonly string[]) =>
      closesSince(sources, symbols, nowSeconds - periodSeconds - HOUR_SECONDS + 1),
    );
  const lastByArguments = new Map<string, ReturnType<typeof lastOf>>();
  const lastOf = (interval: CandleIntervalCode, limit: number) =>
    loaderOf((symbols: readonly string[]) => lastCandles(db, symbols, interval, limit));
  const indicators = loaderOf((symbols: readonly string[]) => indicatorsBySymbols(db, symbols));
  return {
    inRange: (range: CandleRange) => candlesInRange(db, range),
    /** The last ones, oldest first. */
    last: async (
      symbol: string,
      interval: CandleIntervalCode,
      limit: number,
    ): Promise<readonly CandleRow[]> => {
      const key = `${interval} ${limit}`;
      const loader = lastByArguments.get(key) ?? lastOf(interval, limit);
      lastByArguments.set(key, loader);
      return (await loader.load(symbol)) ?? [];
    },
    /** The closes of the hours that ended in the last `periodSeconds`, oldest first. */
    closes(symbol: string, periodSeconds: number): Promise<readonly ClosePoint[]> {
      let loader = closesByPeriod.get(periodSeconds);
      if (loader === undefined) {
        loader = closesOver(periodSeconds);
        closesByPeriod.set(periodSeconds, loader);
      }
      return loader.load(symbol).then(orNone);
    },
    /** Computed by the nightly job from daily closes; null before its first run. */
    indicators: (symbol: string) => indicators.load(symbol),
  };
}

async function closesSince(
  { db, nowMs, closesMemory, candlesGeneration }: CandleSources,
  symbols: readonly string[],
  sinceSeconds: number,
): Promise<ReadonlyMap<string, readonly ClosePoint[]>> {
  if (candlesGeneration === null) return hourlyCloses(db, symbols, sinceSeconds);
  const now = { generation: candlesGeneration, nowMs };
  const found = new Map<string, readonly ClosePoint[]>();
  const missing: string[] = [];
  for (const symbol of symbols) {
    const held = closesMemory.recall(symbol, sinceSeconds, now);
    if (held === null) missing.push(symbol);
    else found.set(symbol, held);
  }
  if (missing.length === 0) return found;
  const read = await hourlyCloses(db, missing, sinceSeconds);
  for (const symbol of missing) {
    const closes = read.get(symbol) ?? [];
    closesMemory.remember(symbol, sinceSeconds, closes, now);
    found.set(symbol, closes);
  }
  return found;
}

export interface RememberedCloses {
  closes: readonly ClosePoint[];
  sinceSeconds: number;
  seen: ClosesSeen;
}

/** The moment of a read. */
export interface ClosesSeen {
  /** The generation of the tag `candles` that the isolate knew then. */
  generation: number;
  nowMs: number;
}

const CLOSES_MAX_AGE_MS = 600_000;
/** One object with two numbers, and its place in the list. */
const CLOSE_BYTES = 56;
const SYMBOL_BYTES = 300;

/**
 * Hourly closes in an isolate's memory, bounded in bytes. Lists are made anew each minute, because prices change;
 * closes change once an hour, with a sync.
 *
 * An entry is valid for the generation of `candles` under which it was read, and for ten minutes at most, in case the
 * news of a newer generation is lost.
 */
export class ClosesMemory {
  readonly #bySymbol: BoundedMemory<RememberedCloses>;

  constructor(memory: BoundedMemory<RememberedCloses>) {
    this.#bySymbol = memory;
  }

  /** Oldest first; null if they must be read. */
  recall(symbol: string, sinceSeconds: number, now: ClosesSeen): readonly ClosePoint[] | null {
    const held = this.#bySymbol.get(symbol);
    if (held === undefined || held.sinceSeconds > sinceSeconds) return null;
    const ageMs = now.nowMs - held.seen.nowMs;
    if (held.seen.generation !== now.generation || ageMs < 0 || ageMs >= CLOSES_MAX_AGE_MS) return null;
    const start = held.closes.findIndex(({ time }) => time >= sinceSeconds);
    return start === -1 ? [] : held.closes.slice(start);
  }

  /** @param closes all closes since `sinceSeconds`, oldest first */
  remember(symbol: string, sinceSeconds: number, closes: readonly ClosePoint[], seen: ClosesSeen): void {
    this.#bySymbol.set(symbol, { closes, sinceSeconds, seen }, SYMBOL_BYTES + CLOSE_BYTES * closes.length);
  }
}
