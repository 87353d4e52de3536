-- The cleanup adds up the rest of `usage_flush`, beside requests, into this table: one row a day, for good.
CREATE TABLE flush_day (
  -- Days since 1970-01-01, UTC.
  day INTEGER PRIMARY KEY,
  -- JSON: the most frequent clients that no release bears, [{"client", "version", "count"}, …]
  others TEXT NOT NULL,
  -- JSON: counts of sockets, and the last state of each hub, {"hubs": {"<id>": {"sockets", "operations", "writtenAt"}},
  --       "opened", "events", "resumes", "gaps", "closes": {"<code>": count}}
  live TEXT NOT NULL
);
