/**
 * The hourly closes of a symbol's day in one row, made from the day's hourly candles. A batch that writes candles ends
 * with these writes, so that readers of both see the same closes.
 */
import { jsonChunks } from './json-chunks.ts';

export interface ClosePoint {
  time: number;
  close: number;
}

const DAY_SECONDS = 86_400;

/**
 * Closes by symbol, oldest first, of hours that began at `sinceSeconds` or later. One D1 call that reads one row a
 * symbol and day.
 */
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

/** @param days SQL that selects each (symbol, day) with changed candles once. */
const closesSql = (days: string) =>
  `INSERT INTO hourly_closes (symbol, day, closes)
   SELECT symbol, day,
     (SELECT json_group_array(json_array(time, close) ORDER BY time) FROM candle
      WHERE symbol = days.symbol AND interval = '1h' AND time >= day AND time < day + ${DAY_SECONDS})
   FROM (${days}) AS days WHERE true
   ON CONFLICT (symbol, day) DO UPDATE SET closes = excluded.closes
   WHERE excluded.closes IS NOT hourly_closes.closes`;

/** For the same batch as the writes of these candles, after them. */
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

/** For the batch of `finishedHoursWrites`: it reads both the finished hours and their candles. */
export const finishedHoursClosesWrite = (db: D1Database, currentHourStart: number) =>
  db
    .prepare(
      closesSql(
        `SELECT DISTINCT sample.key AS symbol, hour_start - hour_start % ${DAY_SECONDS} AS day
         FROM hour_in_progress, json_each(candles) AS sample WHERE hour_start < ?1`,
      ),
    )
    .bind(currentHourStart);

/** Deletes the days that ended at `before` or earlier. It reads every row: there are some thousands. */
export const expiredHourlyClosesDelete = (db: D1Database, before: number) =>
  db.prepare(`DELETE FROM hourly_closes WHERE day <= ?1 - ${DAY_SECONDS}`).bind(before);
