/** Candles as the sync keeps them: what is held of each symbol, what differs, what is too old. */

import type { CandleIntervalCode, CandleRow } from './rows.ts';
import { jsonChunks } from './upsert-writes.ts';

/** How far the candles of one synced symbol reach; times in Unix seconds, null where there are none. */
export interface CandleCoverage {
  symbol: string;
  newestDay: number | null;
  oldestHour: number | null;
  /** Hourly candles since the time asked about. */
  recentHours: number;
}

/** One row a synced symbol, read by index whatever the number of candles. */
export async function candleCoverage(db: D1Database, recentSince: number): Promise<CandleCoverage[]> {
  const { results } = await db
    .prepare(
      `WITH synced AS (SELECT DISTINCT symbol FROM project_cache WHERE status <> 'delisted')
       SELECT symbol,
         (SELECT max(time) FROM candle WHERE symbol = synced.symbol AND interval = '1d') AS newestDay,
         (SELECT min(time) FROM candle WHERE symbol = synced.symbol AND interval = '1h') AS oldestHour,
         (SELECT count(*) FROM candle WHERE symbol = synced.symbol AND interval = '1h' AND time >= ?1)
           AS recentHours
       FROM synced ORDER BY symbol`,
    )
    .bind(recentSince)
    .all<CandleCoverage>();
  return results;
}

/** Writes candles that are new or differ; `meta.changes` of each result counts them. */
export function candleWrites(
  db: D1Database,
  interval: CandleIntervalCode,
  candles: readonly CandleRow[],
): D1PreparedStatement[] {
  const statement = db.prepare(
    `INSERT INTO candle (symbol, interval, time, open, high, low, close, volume)
     SELECT value ->> 0, ?2, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
     FROM json_each(?1) WHERE true
     ON CONFLICT (symbol, interval, time) DO UPDATE SET
       open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
       volume = excluded.volume
     WHERE (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
       IS NOT (candle.open, candle.high, candle.low, candle.close, candle.volume)`,
  );
  const tuples = candles.map((row) => [
    row.symbol,
    row.time,
    row.open,
    row.high,
    row.low,
    row.close,
    row.volume,
  ]);
  return jsonChunks(tuples).map((json) => statement.bind(json, interval));
}

/** Daily closes by symbol, oldest first, of days that began at `since` or later. */
export async function dailyCloses(
  db: D1Database,
  symbols: readonly string[],
  since: number,
): Promise<Map<string, number[]>> {
  const { results } = await db
    .prepare(
      `SELECT asked.value AS symbol,
         (SELECT json_group_array(close) FROM
           (SELECT close FROM candle WHERE symbol = asked.value AND interval = '1d' AND time >= ?2 ORDER BY time)
         ) AS closes
       FROM json_each(?1) AS asked`,
    )
    .bind(JSON.stringify(symbols), since)
    .all<{ symbol: string; closes: string }>();
  return new Map(results.map(({ symbol, closes }) => [symbol, JSON.parse(closes) as number[]]));
}

/**
 * Deletes hourly candles of hours that began before `before`. The key begins with the symbol, so the statement
 * steps from symbol to symbol instead of reading every candle there is.
 */
export const expiredHourlyCandlesDelete = (db: D1Database, before: number) =>
  db
    .prepare(
      `WITH RECURSIVE held (symbol) AS (
         SELECT min(symbol) FROM candle
         UNION ALL
         SELECT (SELECT min(symbol) FROM candle WHERE symbol > held.symbol) FROM held WHERE symbol IS NOT NULL
       )
       DELETE FROM candle WHERE symbol IN (SELECT symbol FROM held) AND interval = '1h' AND time < ?1`,
    )
    .bind(before);
