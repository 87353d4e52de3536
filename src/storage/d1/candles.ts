/** Reads of price history. Every function here is one D1 call, whatever it is asked for. */
import * as z from 'zod';
import type { IndicatorsRecord } from '../kv/prices.ts';
import type { CandleIntervalCode, CandleRow } from './rows.ts';

export interface CandleRange {
  symbol: string;
  interval: CandleIntervalCode;
  /** Unix seconds, both ends included. */
  from: number | null;
  to: number | null;
  limit: number;
}

/** Oldest first; where the range holds more than `limit`, its first ones with a `from`, else its last ones. */
export async function candlesInRange(db: D1Database, range: CandleRange): Promise<CandleRow[]> {
  const forward = range.from !== null;
  const sql =
    'SELECT symbol, time, open, high, low, close, volume FROM candle WHERE symbol = ?1 AND interval = ?2 ' +
    `AND time >= ?3 AND time <= ?4 ORDER BY time ${forward ? 'ASC' : 'DESC'} LIMIT ?5`;
  const statement = db
    .prepare(sql)
    .bind(range.symbol, range.interval, range.from ?? 0, range.to ?? Number.MAX_SAFE_INTEGER, range.limit);
  const { results } = await statement.all<CandleRow>();
  return forward ? results : results.reverse();
}

export interface ClosePoint {
  time: number;
  close: number;
}

const DAY_SECONDS = 86_400;

/** The closes of hours that began at `sinceSeconds` or later, oldest first, of many symbols: one row a symbol and day. */
export async function hourlyCloses(
  db: D1Database,
  symbols: readonly string[],
  sinceSeconds: number,
): Promise<Map<string, ClosePoint[]>> {
  const sql =
    'SELECT symbol, closes FROM hourly_closes WHERE day >= ?2 ' +
    'AND symbol IN (SELECT value FROM json_each(?1)) ORDER BY symbol, day';
  const { results } = await db
    .prepare(sql)
    .bind(JSON.stringify(symbols), sinceSeconds - (sinceSeconds % DAY_SECONDS))
    .all<{ symbol: string; closes: string }>();
  const found = new Map<string, ClosePoint[]>();
  for (const { symbol, closes } of results) {
    const points = found.get(symbol) ?? [];
    found.set(symbol, points);
    for (const [time, close] of JSON.parse(closes) as [time: number, close: number][]) {
      if (time >= sinceSeconds) points.push({ time, close });
    }
  }
  return found;
}

const indicatorsSchema = z.object({
  rsi: z.number().nullable(),
  macd: z.object({ value: z.number(), signal: z.number(), histogram: z.number() }).nullable(),
  movingAverages: z.object({
    ma7: z.number().nullable(),
    ma25: z.number().nullable(),
    ma50: z.number().nullable(),
    ma200: z.number().nullable(),
  }),
  support: z.number().nullable(),
  resistance: z.number().nullable(),
});

export async function indicatorsBySymbols(
  db: D1Database,
  symbols: readonly string[],
): Promise<Map<string, IndicatorsRecord>> {
  const sql =
    'SELECT symbol, indicators FROM price_indicator WHERE symbol IN (SELECT value FROM json_each(?1))';
  const { results } = await db
    .prepare(sql)
    .bind(JSON.stringify(symbols))
    .all<{ symbol: string; indicators: string }>();
  return new Map(results.map((row) => [row.symbol, indicatorsSchema.parse(JSON.parse(row.indicators))]));
}
