-- Ledgers with reservations that have run out, for the job that wakes them. Most investments have none.
CREATE INDEX user_investment_cache_reservation ON user_investment_cache (reservation_expires_at, pool_id)
  WHERE status = 'pending' AND reservation_expires_at IS NOT NULL;

-- The latest batch of rows that a ledger has written: of rows that have no revision, an earlier batch that runs later
-- writes none.
CREATE TABLE ledger_batch (
  pool_id TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL
) WITHOUT ROWID;
