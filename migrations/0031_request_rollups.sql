-- The cleanup adds up `usage_flush` into these tables: requests by hour, kept for seven days, and by day, kept for good. A
-- request counts in both. One row holds an operation's cells, so that a fold writes few rows.
CREATE TABLE request_hour (
  -- Hours since 1970-01-01, UTC.
  hour INTEGER NOT NULL,
  operation_id TEXT NOT NULL,
  -- JSON: [[client, version, outcome, cache, first_seen, last_seen, count, faults, errors, bytes, duration_ms, [calls],
  --        [histogram]], …]
  cells TEXT NOT NULL,
  PRIMARY KEY (hour, operation_id)
) WITHOUT ROWID;

CREATE TABLE request_day (
  -- Days since 1970-01-01, UTC.
  day INTEGER NOT NULL,
  operation_id TEXT NOT NULL,
  cells TEXT NOT NULL,
  PRIMARY KEY (day, operation_id)
) WITHOUT ROWID;
