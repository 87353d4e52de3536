-- Alerts: the state of their rules, and incidents. Times are in Unix seconds.

-- One row: what the last look of the rules has left for the next one, as JSON.
CREATE TABLE alert_state (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL
);

-- An alert from its firing to its end.
CREATE TABLE incident (
  id TEXT NOT NULL PRIMARY KEY,
  rule TEXT NOT NULL,
  -- The name of its page in docs/runbooks/.
  runbook TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('page', 'ticket')),
  -- The one of several that the rule is about; empty if there is but one.
  subject TEXT NOT NULL,
  summary TEXT NOT NULL,
  -- With their unit.
  value TEXT NOT NULL,
  threshold TEXT NOT NULL,
  -- JSON, with the operation and the client release that have the greatest part in it; null where there is none.
  worst TEXT,
  started_at INTEGER NOT NULL,
  -- Null while it goes on.
  ended_at INTEGER
) WITHOUT ROWID;
CREATE INDEX incident_time ON incident (started_at);
CREATE INDEX incident_open ON incident (started_at) WHERE ended_at IS NULL;

-- The last reported size of each Durable Object whose rows are never deleted.
CREATE TABLE object_size (
  name TEXT NOT NULL PRIMARY KEY,
  bytes INTEGER NOT NULL,
  measured_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Payments by the Unix hour of their decision. A reservation that runs out unpaid is none: nobody has submitted a hash.
CREATE TABLE payment_count (
  hour INTEGER NOT NULL PRIMARY KEY,
  confirmed INTEGER NOT NULL,
  failed INTEGER NOT NULL
);

CREATE TRIGGER user_investment_cache_decided_at_once AFTER INSERT ON user_investment_cache
WHEN new.status IN ('confirmed', 'failed') AND new.transaction_hash IS NOT NULL BEGIN
  INSERT INTO payment_count (hour, confirmed, failed)
  VALUES (new.updated_at / 3600, new.status = 'confirmed', new.status = 'failed')
  ON CONFLICT (hour) DO UPDATE SET confirmed = confirmed + excluded.confirmed, failed = failed + excluded.failed;
END;

CREATE TRIGGER user_investment_cache_decided AFTER UPDATE OF status ON user_investment_cache
WHEN new.status IN ('confirmed', 'failed') AND new.status <> old.status AND new.transaction_hash IS NOT NULL BEGIN
  INSERT INTO payment_count (hour, confirmed, failed)
  VALUES (new.updated_at / 3600, new.status = 'confirmed', new.status = 'failed')
  ON CONFLICT (hour) DO UPDATE SET confirmed = confirmed + excluded.confirmed, failed = failed + excluded.failed;
END;

-- Counts the registrations of a pool.
CREATE INDEX pool_member_registered ON pool_member (pool_id) WHERE registered_at IS NOT NULL;
