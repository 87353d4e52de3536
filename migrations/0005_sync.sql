-- Who is syncing, and what each run did.

CREATE TABLE sync_lease (
  job TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE sync_run (
  id TEXT NOT NULL PRIMARY KEY,
  job TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  outcome TEXT CHECK (outcome IN ('ok', 'partial', 'failed')),
  read_count INTEGER NOT NULL DEFAULT 0,
  written_count INTEGER NOT NULL DEFAULT 0,
  skipped_count INTEGER NOT NULL DEFAULT 0,
  first_error TEXT,
  -- The greatest updated_at that upstream has shown; the next run asks from 60 seconds before it.
  newest_updated_at INTEGER
);

CREATE INDEX sync_run_job ON sync_run (job, started_at);
CREATE INDEX sync_run_started_at ON sync_run (started_at);
