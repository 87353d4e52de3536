-- The edge's copy of the main API's projects, what lists sort and filter by, and what search reads.

CREATE TABLE project_cache (
  -- An explicit rowid: the search index refers to rows by it, and VACUUM may renumber an implicit one.
  row_id INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  symbol TEXT NOT NULL,
  slug TEXT NOT NULL,
  status TEXT NOT NULL,
  category TEXT NOT NULL,
  description TEXT,
  tagline TEXT,
  subcategory TEXT,
  tags TEXT NOT NULL,
  blockchain TEXT NOT NULL,
  logo_url TEXT,
  banner_url TEXT,
  website_url TEXT,
  twitter_url TEXT,
  telegram_url TEXT,
  github_url TEXT,
  current_price REAL,
  price_change_24h REAL,
  price_change_7d REAL,
  price_change_30d REAL,
  market_cap REAL,
  volume_24h REAL,
  circulating_supply REAL,
  total_supply REAL,
  max_supply REAL,
  market_cap_rank INTEGER,
  trending_rank INTEGER,
  trending_score REAL,
  launch_date INTEGER,
  listing_date INTEGER,
  social TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- The name and all searchable text, case-folded by the sync: SQLite folds ASCII alone.
  name_folded TEXT NOT NULL,
  symbol_folded TEXT NOT NULL,
  search_text TEXT NOT NULL
);

-- A slug may move from one project to another between two syncs, so it is not unique here.
CREATE INDEX project_cache_slug ON project_cache (slug);
CREATE INDEX project_cache_symbol ON project_cache (symbol);
CREATE INDEX project_cache_category ON project_cache (category, status);
CREATE INDEX project_cache_market_cap_rank ON project_cache (market_cap_rank);
CREATE INDEX project_cache_trending_rank ON project_cache (status, trending_rank) WHERE trending_rank IS NOT NULL;
CREATE INDEX project_cache_updated_at ON project_cache (updated_at);

-- One index an order: a page is a range of it, wherever the page stands. Filters other than status read the
-- rows of that filter and sort them: an index for every pair of filter and order would cost four more row
-- writes per project and sync (D1 charges a written row as much as a thousand read ones).
CREATE INDEX project_cache_by_name ON project_cache (status, name_folded, id);
CREATE INDEX project_cache_by_current_price ON project_cache (status, current_price, id);
CREATE INDEX project_cache_by_market_cap ON project_cache (status, market_cap, id);
CREATE INDEX project_cache_by_volume_24h ON project_cache (status, volume_24h, id);
CREATE INDEX project_cache_by_price_change_24h ON project_cache (status, price_change_24h, id);
CREATE INDEX project_cache_by_listing_date ON project_cache (status, listing_date, id);

-- Lists by tag and by blockchain: one row a value, kept by the triggers below. A value that is given twice is one
-- by UNION: the conflict clause of the sync's upsert would take the place of an OR IGNORE in a trigger.
CREATE TABLE project_label (
  kind TEXT NOT NULL CHECK (kind IN ('tag', 'blockchain')),
  label TEXT NOT NULL,
  project_row_id INTEGER NOT NULL,
  PRIMARY KEY (kind, label, project_row_id)
) WITHOUT ROWID;
CREATE INDEX project_label_project ON project_label (project_row_id);

-- The text is folded already, so the tokenizer must not fold it again. Trigrams find nothing under three
-- characters: shorter searches scan search_text.
CREATE VIRTUAL TABLE project_search USING fts5 (
  search_text,
  content = 'project_cache',
  content_rowid = 'row_id',
  tokenize = 'trigram case_sensitive 1',
  detail = 'full'
);

CREATE TRIGGER project_cache_inserted AFTER INSERT ON project_cache BEGIN
  INSERT INTO project_search (rowid, search_text) VALUES (new.row_id, new.search_text);
  INSERT INTO project_label (kind, label, project_row_id)
    SELECT 'tag', value, new.row_id FROM json_each(new.tags)
    UNION
    SELECT 'blockchain', value, new.row_id FROM json_each(new.blockchain);
END;

CREATE TRIGGER project_cache_text_changed AFTER UPDATE OF search_text ON project_cache
WHEN old.search_text <> new.search_text BEGIN
  INSERT INTO project_search (project_search, rowid, search_text) VALUES ('delete', old.row_id, old.search_text);
  INSERT INTO project_search (rowid, search_text) VALUES (new.row_id, new.search_text);
END;

CREATE TRIGGER project_cache_labels_changed AFTER UPDATE OF tags, blockchain ON project_cache
WHEN old.tags <> new.tags OR old.blockchain <> new.blockchain BEGIN
  DELETE FROM project_label WHERE project_row_id = old.row_id;
  INSERT INTO project_label (kind, label, project_row_id)
    SELECT 'tag', value, new.row_id FROM json_each(new.tags)
    UNION
    SELECT 'blockchain', value, new.row_id FROM json_each(new.blockchain);
END;

CREATE TRIGGER project_cache_deleted AFTER DELETE ON project_cache BEGIN
  INSERT INTO project_search (project_search, rowid, search_text) VALUES ('delete', old.row_id, old.search_text);
  DELETE FROM project_label WHERE project_row_id = old.row_id;
END;
