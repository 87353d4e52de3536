-- The edge's copy of the main API's investments.

CREATE TABLE user_investment_cache (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  pool_id TEXT NOT NULL,
  investment_amount TEXT NOT NULL,
  token_amount TEXT NOT NULL,
  token_price TEXT NOT NULL,
  payment_token TEXT NOT NULL,
  status TEXT NOT NULL,
  total_claimed TEXT NOT NULL,
  claimable_amount TEXT NOT NULL,
  next_claim_date INTEGER,
  transaction_hash TEXT,
  block_number INTEGER,
  invested_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);

CREATE INDEX user_investment_cache_user ON user_investment_cache (user_id, invested_at, id);
CREATE INDEX user_investment_cache_pool ON user_investment_cache (pool_id);
CREATE INDEX user_investment_cache_status ON user_investment_cache (status);
CREATE INDEX user_investment_cache_user_status ON user_investment_cache (user_id, status, invested_at, id);
