-- Deployments: who deployed what, and where an unfinished one stands. Times are in Unix seconds.
-- `npm run deploy` opens a row before it applies migrations, so it runs this file by itself where the table is not there yet.
CREATE TABLE IF NOT EXISTS deployment (
  id TEXT NOT NULL PRIMARY KEY,
  -- 1 or null: it is unique, so at most one deployment is open.
  is_open INTEGER UNIQUE CHECK (is_open = 1),
  git_commit TEXT NOT NULL,
  -- An e-mail address or the name of an account.
  deployer TEXT NOT NULL,
  -- gradual: 0 %, and then more. whole: 100 % at once. first: whole, and no version served before.
  kind TEXT NOT NULL CHECK (kind IN ('gradual', 'whole', 'first')),
  -- Ids of versions of the Worker; null before they are known.
  version_before TEXT,
  version_now TEXT,
  -- Of this database, before the migrations.
  bookmark TEXT,
  -- JSON: [{"name", "startedAt", "endedAt", "outcome"}, …]
  steps TEXT NOT NULL,
  -- open, deployed, failed, regressed or rolled_back.
  outcome TEXT NOT NULL,
  -- Why it is not deployed; null where it is, or where nothing is wrong so far.
  reason TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  -- The run of the command that works on it; null if none does.
  run_id TEXT,
  -- When that run was last heard of.
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deployment_time ON deployment (started_at);
