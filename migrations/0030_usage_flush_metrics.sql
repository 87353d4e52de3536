-- When the isolate wrote the row, in Unix seconds by its clock, and the version of the Worker that it ran. Rows of earlier
-- builds have neither.
ALTER TABLE usage_flush ADD COLUMN written_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_flush ADD COLUMN worker_version TEXT NOT NULL DEFAULT '';
