-- Price history, and the indicators computed over it.

CREATE TABLE candle (
  symbol TEXT NOT NULL,
  interval TEXT NOT NULL CHECK (interval IN ('1h', '1d')),
  -- Where the candle begins, in Unix seconds.
  time INTEGER NOT NULL,
  open REAL NOT NULL,
  high REAL NOT NULL,
  low REAL NOT NULL,
  close REAL NOT NULL,
  volume REAL,
  PRIMARY KEY (symbol, interval, time)
) WITHOUT ROWID;

-- The hour that is being sampled: one row, so that a minute's sync costs one write and not one a symbol.
CREATE TABLE hour_in_progress (
  hour_start INTEGER NOT NULL PRIMARY KEY,
  -- {"<SYMBOL>":[open, high, low, close]}
  candles TEXT NOT NULL
);

CREATE TABLE price_indicator (
  symbol TEXT NOT NULL PRIMARY KEY,
  -- A JSON object in the shape of the price API's technicalIndicators, with nulls where closes are too few.
  indicators TEXT NOT NULL,
  computed_at INTEGER NOT NULL
) WITHOUT ROWID;
