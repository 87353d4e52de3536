-- Operations that an operator has switched off or given a time limit. They are in the overlay of liveness, so each change is
-- a revision of release_change too.

CREATE TABLE operation_steering (
  operation_id TEXT NOT NULL PRIMARY KEY,
  -- Unix seconds; null while the operation is on.
  off_since INTEGER,
  -- The longest execution; null without a limit.
  time_limit_ms INTEGER,
  -- Its last change in release_change.
  revision INTEGER NOT NULL
) WITHOUT ROWID;

-- Answers that caches in front drop once every isolate knows of the change: an earlier purge would let them keep answers of
-- isolates that do not.
CREATE TABLE operation_purge (
  operation_id TEXT NOT NULL PRIMARY KEY,
  -- Unix seconds.
  due_at INTEGER NOT NULL
) WITHOUT ROWID;
