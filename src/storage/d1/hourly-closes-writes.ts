/**
 * The hourly closes of a symbol's day in one row, made from the day's hourly candles: whoever writes candles writes
 * these after them in the same batch, so that readers of either see the same.
 */
import { jsonChunks } from './upsert-writes.ts';

const DAY_SECONDS = 86_400;

/** @param days SQL that gives each (symbol, day) once whose candles have changed */
const closesSql = (days: string) =>
  `INSERT INTO hourly_closes (symbol, day, closes)
   SELECT symbol, day,
     (SELECT json_group_array(json_array(time, close) ORDER BY time) FROM candle
      WHERE symbol = days.symbol AND interval = '1h' AND time >= day AND time < day + ${DAY_SECONDS})
   FROM (${days}) AS days WHERE true
   ON CONFLICT (symbol, day) DO UPDATE SET closes = excluded.closes
   WHERE excluded.closes IS NOT hourly_closes.closes`;

/** After the candles given were written. */
export function hourlyClosesWrites(
  db: D1Database,
  candles: readonly { symbol: string; time: number }[],
): D1PreparedStatement[] {
  const days = new Map(
    candles.map(({ symbol, time }) => {
      const day = time - (time % DAY_SECONDS);
      return [`${day} ${symbol}`, [symbol, day]];
    }),
  );
  const statement = db.prepare(
    closesSql('SELECT value ->> 0 AS symbol, value ->> 1 AS day FROM json_each(?1)'),
  );
  return jsonChunks([...days.values()]).map((json) => statement.bind(json));
}

/** After the hours that began before `currentHourStart` have become candles, and before they are forgotten. */
export const finishedHoursClosesWrite = (db: D1Database, currentHourStart: number) =>
  db
    .prepare(
      closesSql(
        `SELECT DISTINCT sample.key AS symbol, hour_start - hour_start % ${DAY_SECONDS} AS day
         FROM hour_in_progress, json_each(candles) AS sample WHERE hour_start < ?1`,
      ),
    )
    .bind(currentHourStart);

/** Deletes the days that ended at `before` or earlier. Every row is read: there are some thousands. */
export const expiredHourlyClosesDelete = (db: D1Database, before: number) =>
  db.prepare(`DELETE FROM hourly_closes WHERE day <= ?1 - ${DAY_SECONDS}`).bind(before);
