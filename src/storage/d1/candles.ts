/** Price history. Times are in Unix seconds, prices in US dollars. Every read is one D1 call. */
import { defineTable, integer, orNull, real, type SelectedRow, text, textOf } from './columns.ts';

export type CandleIntervalCode = '1h' | '1d';

export const candleTable = defineTable({
  name: 'candle',
  columns: {
    symbol: text,
    time: integer,
    open: real,
    high: real,
    low: real,
    close: real,
    volume: orNull(real),
  },
  writeOnly: { interval: textOf<CandleIntervalCode>() },
  key: ['symbol', 'interval', 'time'],
});
export type CandleRow = SelectedRow<typeof candleTable>;

const COLUMNS = candleTable.selectList();

export interface CandleRange {
  symbol: string;
  interval: CandleIntervalCode;
  /** Unix seconds, which may have a fraction; both ends included. */
  from: number | null;
  to: number | null;
  limit: number;
}

/** Oldest first. If the range has more than `limit`: its first ones with a `from`, else its last ones. */
export async function candlesInRange(db: D1Database, range: CandleRange): Promise<CandleRow[]> {
  const forward = range.from !== null;
  const sql =
    `SELECT ${COLUMNS} FROM candle WHERE symbol = ?1 AND interval = ?2 ` +
    `AND time >= ?3 AND time <= ?4 ORDER BY time ${forward ? 'ASC' : 'DESC'} LIMIT ?5`;
  const statement = db
    .prepare(sql)
    .bind(range.symbol, range.interval, range.from ?? 0, range.to ?? Number.MAX_SAFE_INTEGER, range.limit);
  const { results } = await statement.all<CandleRow>();
  return forward ? results : results.reverse();
}

/** The last candles of each symbol, `limit` at most, oldest first. SQLite reads no others. */
export async function lastCandles(
  db: D1Database,
  symbols: readonly string[],
  interval: CandleIntervalCode,
  limit: number,
): Promise<Map<string, CandleRow[]>> {
  const { results } = await db
    .prepare(
      `SELECT asked.value AS symbol,
         (SELECT json_group_array(json_array(time, open, high, low, close, volume)) FROM
           (SELECT * FROM candle WHERE symbol = asked.value AND interval = ?2 ORDER BY time DESC LIMIT ?3)
         ) AS candles
       FROM json_each(?1) AS asked`,
    )
    .bind(JSON.stringify(symbols), interval, limit)
    .all<{ symbol: string; candles: string }>();
  return new Map(results.map(({ symbol, candles }) => [symbol, candlesFrom(symbol, candles).reverse()]));
}

type CandleTuple = [
  time: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number | null,
];

const candlesFrom = (symbol: string, json: string): CandleRow[] =>
  (JSON.parse(json) as CandleTuple[]).map(([time, open, high, low, close, volume]) => ({
    symbol,
    time,
    open,
    high,
    low,
    close,
    volume,
  }));

/** The stored candles of one synced symbol; null if there are none. */
export interface CandleCoverage {
  symbol: string;
  newestDay: number | null;
  oldestHour: number | null;
  /** The number of hourly candles since the time of the query. */
  recentHours: number;
}

/** One row a synced symbol. SQLite reads a few index entries a symbol, whatever the number of candles. */
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

/** Inserts candles and updates those that differ; `writtenRows` of the results counts them. */
export const candleWrites = (
  db: D1Database,
  interval: CandleIntervalCode,
  candles: readonly CandleRow[],
): D1PreparedStatement[] =>
  candleTable.writes(
    db,
    candles.map((candle) => ({ ...candle, interval })),
    0,
  );

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
 * steps from symbol to symbol and does not read every candle.
 */
export const expiredHourlyCandlesDelete = (db: D1Database, before: number) =>
  db
    .prepare(
      `WITH RECURSIVE stored (symbol) AS (
         SELECT min(symbol) FROM candle
         UNION ALL
         SELECT (SELECT min(symbol) FROM candle WHERE symbol > stored.symbol) FROM stored WHERE symbol IS NOT NULL
       )
       DELETE FROM candle WHERE symbol IN (SELECT symbol FROM stored) AND interval = '1h' AND time < ?1`,
    )
    .bind(before);
