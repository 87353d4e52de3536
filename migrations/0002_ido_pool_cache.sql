-- The edge's copy of the main API's IDO pools. Amounts are TEXT decimals; what lists sort by has a REAL
-- companion, because decimals sort as text.

CREATE TABLE ido_pool_cache (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL,
  pool_name TEXT NOT NULL,
  pool_type TEXT NOT NULL,
  description TEXT,
  token_price TEXT NOT NULL,
  total_tokens TEXT NOT NULL,
  sold_tokens TEXT NOT NULL,
  total_raised TEXT NOT NULL,
  min_allocation TEXT NOT NULL,
  max_allocation TEXT,
  max_participants INTEGER,
  participant_count INTEGER NOT NULL,
  payment_token TEXT NOT NULL,
  blockchain TEXT NOT NULL,
  contract_address TEXT,
  registration_start INTEGER,
  registration_end INTEGER,
  sale_start INTEGER NOT NULL,
  sale_end INTEGER NOT NULL,
  -- What the platform last said; readers let it follow the clock.
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  progress_percent REAL NOT NULL,
  total_raised_real REAL NOT NULL
);

CREATE INDEX ido_pool_cache_project ON ido_pool_cache (project_id, sale_start, id);
CREATE INDEX ido_pool_cache_status ON ido_pool_cache (status);
CREATE INDEX ido_pool_cache_registration ON ido_pool_cache (registration_start, registration_end);
CREATE INDEX ido_pool_cache_updated_at ON ido_pool_cache (updated_at);

CREATE INDEX ido_pool_cache_by_sale_start ON ido_pool_cache (sale_start, id);
CREATE INDEX ido_pool_cache_by_sale_end ON ido_pool_cache (sale_end, id);
CREATE INDEX ido_pool_cache_by_progress ON ido_pool_cache (progress_percent, id);
CREATE INDEX ido_pool_cache_by_total_raised ON ido_pool_cache (total_raised_real, id);
