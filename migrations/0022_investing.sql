-- Investing. The ledger of a pool (a Durable Object) is the authority; D1 has what it shows. Times are in Unix seconds,
-- but where a column says milliseconds.

-- What the main API counts. `sold_tokens`, `total_raised` and `participant_count` are the ledger's once there is one
-- (`ledger_revision` is not null): syncs then write these alone.
ALTER TABLE ido_pool_cache ADD COLUMN upstream_sold_tokens TEXT NOT NULL DEFAULT '0';
ALTER TABLE ido_pool_cache ADD COLUMN upstream_total_raised TEXT NOT NULL DEFAULT '0';
ALTER TABLE ido_pool_cache ADD COLUMN upstream_participant_count INTEGER NOT NULL DEFAULT 0;
-- Digits after the point of the payment token; null where the main API does not say.
ALTER TABLE ido_pool_cache ADD COLUMN payment_decimals INTEGER;
-- Grows with each change of the ledger's figures; an older one is never written over a newer one.
ALTER TABLE ido_pool_cache ADD COLUMN ledger_revision INTEGER;
-- The last entry of the ledger.
ALTER TABLE ido_pool_cache ADD COLUMN ledger_sequence INTEGER;
ALTER TABLE ido_pool_cache ADD COLUMN ledger_hash TEXT;
ALTER TABLE ido_pool_cache ADD COLUMN ledger_recorded_at INTEGER;
-- When the oldest call that the ledger has yet to make to the main API was recorded; null where there is none.
ALTER TABLE ido_pool_cache ADD COLUMN ledger_outbox_since INTEGER;

UPDATE ido_pool_cache SET upstream_sold_tokens = sold_tokens, upstream_total_raised = total_raised,
  upstream_participant_count = participant_count;

CREATE INDEX ido_pool_cache_ledger ON ido_pool_cache (ledger_revision) WHERE ledger_revision IS NOT NULL;

-- Grows with each change of an investment that was made at the edge; null for one that was made elsewhere. Syncs write
-- rows without a revision alone.
ALTER TABLE user_investment_cache ADD COLUMN revision INTEGER;
-- When an unpaid reservation runs out.
ALTER TABLE user_investment_cache ADD COLUMN reservation_expires_at INTEGER;
ALTER TABLE user_investment_cache ADD COLUMN failure TEXT;
ALTER TABLE user_investment_cache ADD COLUMN refund_due INTEGER NOT NULL DEFAULT 0;
-- The entry of the pool's ledger that allocated it.
ALTER TABLE user_investment_cache ADD COLUMN receipt_sequence INTEGER;
ALTER TABLE user_investment_cache ADD COLUMN receipt_hash TEXT;
ALTER TABLE user_investment_cache ADD COLUMN receipt_at INTEGER;
-- How much has been claimed in all, the claims that the edge has asked for included: a decimal. What can be claimed is
-- total_claimed + claimable_amount less the greater of this and total_claimed.
ALTER TABLE user_investment_cache ADD COLUMN claim_level TEXT NOT NULL DEFAULT '0';
-- `total_claimed` in units of 10^-18 with leading zeros, so that it compares as text.
ALTER TABLE user_investment_cache ADD COLUMN total_claimed_units TEXT NOT NULL DEFAULT '';

CREATE INDEX user_investment_cache_user_pool ON user_investment_cache (user_id, pool_id);

-- A viewer's place in a pool, beside their investments.
CREATE TABLE pool_member (
  pool_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  registered_at INTEGER,
  -- Reservations that ran out unpaid keep them from the next one until then; 0 where nothing does.
  blocked_until INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL,
  PRIMARY KEY (user_id, pool_id)
) WITHOUT ROWID;

-- Who may take part in a whitelist or private pool, as the main API says.
CREATE TABLE pool_eligibility (
  pool_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  eligible INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (pool_id, user_id)
) WITHOUT ROWID;

-- Payments, claims and refunds of each user.
CREATE TABLE investment_transaction (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  investment_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment', 'claim', 'refund')),
  -- Of a claim: how much had been claimed in all with it, in units with leading zeros. Its amount is what it adds.
  level_units TEXT,
  occurred_at INTEGER NOT NULL
);
CREATE INDEX investment_transaction_user ON investment_transaction (user_id, occurred_at, id);
CREATE INDEX investment_transaction_level ON investment_transaction (investment_id, level_units)
  WHERE level_units IS NOT NULL;

-- The transactions that users have told of, each investment's own and normalised: one hash may be told of twice.
CREATE TABLE told_payment (
  transaction_hash TEXT NOT NULL,
  investment_id TEXT NOT NULL,
  blockchain TEXT NOT NULL,
  user_id TEXT NOT NULL,
  told_at INTEGER NOT NULL,
  PRIMARY KEY (transaction_hash, investment_id)
) WITHOUT ROWID;

-- What a person should look at. A ledger numbers its own; differences that the nightly comparison finds are among them.
CREATE TABLE ledger_notice (
  pool_id TEXT NOT NULL,
  notice_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  investment_id TEXT,
  -- For a person to read; it names nobody.
  detail TEXT NOT NULL,
  noticed_at INTEGER NOT NULL,
  PRIMARY KEY (pool_id, notice_id)
) WITHOUT ROWID;
CREATE INDEX ledger_notice_time ON ledger_notice (noticed_at);
