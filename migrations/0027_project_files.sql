-- Files that upstream names of projects, and the gateway's copies of them in R2. Times are in Unix seconds.

CREATE TABLE project_file (
  project_id TEXT NOT NULL,
  -- logo, banner, the kind of a document, or the beginning of the hash of the URL of a medium.
  name TEXT NOT NULL,
  -- logo, banner; whitepaper, tokenomics, roadmap, audit_report; screenshot, video, presentation.
  kind TEXT NOT NULL,
  -- As upstream names it now.
  source_url TEXT NOT NULL,
  source_updated_at INTEGER NOT NULL,
  -- Its place in upstream's list.
  position INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  -- Null once the copy is that of the source as it is named now.
  next_attempt_at INTEGER,
  -- The copy, maybe of an earlier source; null as long as there is none.
  object_key TEXT UNIQUE,
  -- The object's, without quotation marks.
  etag TEXT,
  content_type TEXT,
  size_bytes INTEGER,
  copied_updated_at INTEGER,
  PRIMARY KEY (project_id, name)
) WITHOUT ROWID;
CREATE INDEX project_file_due ON project_file (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- When the main API was asked last for the documents and media of a project.
CREATE TABLE project_file_check (
  project_id TEXT NOT NULL PRIMARY KEY,
  checked_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Keys of the copies, each with its version: a list of projects needs no other table. `project_file` alone writes them.
ALTER TABLE project_cache ADD COLUMN logo_file TEXT;
ALTER TABLE project_cache ADD COLUMN banner_file TEXT;

CREATE TRIGGER project_file_copied AFTER UPDATE OF object_key, etag ON project_file
WHEN OLD.object_key IS NOT NEW.object_key OR OLD.etag IS NOT NEW.etag BEGIN
  INSERT OR IGNORE INTO object_deletion (object_key, next_attempt_at)
    SELECT OLD.object_key, 0 WHERE OLD.object_key <> NEW.object_key;
  UPDATE project_cache SET logo_file = NEW.object_key || '?v=' || substr(NEW.etag, 1, 8)
    WHERE id = NEW.project_id AND NEW.kind = 'logo';
  UPDATE project_cache SET banner_file = NEW.object_key || '?v=' || substr(NEW.etag, 1, 8)
    WHERE id = NEW.project_id AND NEW.kind = 'banner';
END;

CREATE TRIGGER project_file_deleted AFTER DELETE ON project_file WHEN OLD.object_key IS NOT NULL BEGIN
  INSERT OR IGNORE INTO object_deletion (object_key, next_attempt_at) VALUES (OLD.object_key, 0);
  UPDATE project_cache SET logo_file = NULL WHERE id = OLD.project_id AND OLD.kind = 'logo';
  UPDATE project_cache SET banner_file = NULL WHERE id = OLD.project_id AND OLD.kind = 'banner';
END;
