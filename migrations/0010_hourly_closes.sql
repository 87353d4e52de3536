-- The hourly closes of a symbol's day in one row: a sparkline of a week reads 8 rows and not 168.
-- They are those of the day's hourly candles, and written in the same batch.

CREATE TABLE hourly_closes (
  symbol TEXT NOT NULL,
  -- Where the day begins in UTC, in Unix seconds.
  day INTEGER NOT NULL,
  -- [[time, close], …], oldest first; no hour where there is no candle.
  closes TEXT NOT NULL,
  PRIMARY KEY (symbol, day)
) WITHOUT ROWID;

INSERT INTO hourly_closes (symbol, day, closes)
SELECT symbol, time - time % 86400, json_group_array(json_array(time, close) ORDER BY time)
FROM candle WHERE interval = '1h' GROUP BY 1, 2;
