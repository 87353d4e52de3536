-- Of the source as upstream names it now, null until it was copied or found to be that of the copy.

-- When, in Unix seconds.
ALTER TABLE project_file ADD COLUMN asked_at INTEGER;
-- As its server gave it, quotation marks included; null if it gave none.
ALTER TABLE project_file ADD COLUMN source_etag TEXT;
