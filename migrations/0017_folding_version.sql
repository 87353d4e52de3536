-- The version of the folding that made a row's folded texts. A job folds those of an older version anew. With the index
-- it reads no row where there are none.

ALTER TABLE project_cache ADD COLUMN folding_version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX project_cache_by_folding_version ON project_cache (folding_version);
