-- What only the main API holds of a project, as it was fetched. No index beside the key: every write would cost a row
-- more, and only the hourly cleanup reads by time.
CREATE TABLE project_detail_cache (
  project_id TEXT NOT NULL PRIMARY KEY,
  -- JSON; NULL where the main API does not know the project.
  detail TEXT,
  -- In Unix seconds.
  fetched_at INTEGER NOT NULL
) WITHOUT ROWID;
