/** The samples of the current hour: one row of JSON, so that a minute costs one written row and not one a symbol. */
import * as z from 'zod';
import { finishedHoursClosesWrite } from './hourly-closes.ts';

/** Open, high, low and close by upper-case symbol, in US dollars. */
export type HourCandles = Record<string, [open: number, high: number, low: number, close: number]>;

const hourCandles = z.record(z.string(), z.tuple([z.number(), z.number(), z.number(), z.number()]));

/** Selects the samples of one hour; `parseHour` reads the result. */
export const hourQuery = (db: D1Database, hourStart: number) =>
  db.prepare('SELECT candles FROM hour_in_progress WHERE hour_start = ?1').bind(hourStart);

export function parseHour(result: D1Result<{ candles: string }>): HourCandles {
  const row = result.results[0];
  return row === undefined ? {} : hourCandles.parse(JSON.parse(row.candles));
}

export const hourWrite = (db: D1Database, hourStart: number, candles: HourCandles) =>
  db
    .prepare(
      `INSERT INTO hour_in_progress (hour_start, candles) VALUES (?1, ?2)
       ON CONFLICT (hour_start) DO UPDATE SET candles = excluded.candles`,
    )
    .bind(hourStart, JSON.stringify(candles));

/**
 * Turns every hour that began before `currentHourStart` into hourly candles and deletes it. A stored candle stays: a
 * late sample must not replace a whole hour, nor a candle of the price API.
 *
 * The first statement's result counts the candles written, the last one's the hours deleted.
 */
export const finishedHoursWrites = (db: D1Database, currentHourStart: number) => [
  db
    .prepare(
      `INSERT INTO candle (symbol, interval, time, open, high, low, close)
       SELECT sample.key, '1h', hour_start,
         sample.value ->> 0, sample.value ->> 1, sample.value ->> 2, sample.value ->> 3
       FROM hour_in_progress, json_each(candles) AS sample WHERE hour_start < ?1
       ON CONFLICT (symbol, interval, time) DO NOTHING`,
    )
    .bind(currentHourStart),
  finishedHoursClosesWrite(db, currentHourStart),
  db.prepare('DELETE FROM hour_in_progress WHERE hour_start < ?1').bind(currentHourStart),
];
