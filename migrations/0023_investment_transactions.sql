-- Payments, claims and refunds follow the rows of investments: whoever writes an investment writes them in the same
-- transaction. The ledger of a pool writes the claims that users make at the edge itself.

CREATE TRIGGER user_investment_cache_paid_at_once AFTER INSERT ON user_investment_cache
WHEN new.status = 'confirmed' OR (new.status = 'refunded' AND new.confirmed_at IS NOT NULL) BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, occurred_at)
  VALUES ('payment:' || new.id, new.user_id, new.id, 'payment', coalesce(new.confirmed_at, new.updated_at))
  ON CONFLICT (id) DO NOTHING;
END;

CREATE TRIGGER user_investment_cache_paid AFTER UPDATE OF status, confirmed_at ON user_investment_cache
WHEN new.status = 'confirmed' OR (new.status = 'refunded' AND new.confirmed_at IS NOT NULL) BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, occurred_at)
  VALUES ('payment:' || new.id, new.user_id, new.id, 'payment', coalesce(new.confirmed_at, new.updated_at))
  ON CONFLICT (id) DO NOTHING;
END;

CREATE TRIGGER user_investment_cache_refunded_at_once AFTER INSERT ON user_investment_cache
WHEN new.status = 'refunded' BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, occurred_at)
  VALUES ('refund:' || new.id, new.user_id, new.id, 'refund', new.updated_at)
  ON CONFLICT (id) DO NOTHING;
END;

CREATE TRIGGER user_investment_cache_refunded AFTER UPDATE OF status ON user_investment_cache
WHEN new.status = 'refunded' AND old.status <> 'refunded' BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, occurred_at)
  VALUES ('refund:' || new.id, new.user_id, new.id, 'refund', new.updated_at)
  ON CONFLICT (id) DO NOTHING;
END;

-- The main API says how much has been claimed in all. More than every claim that is known is one more claim.
CREATE VIEW unlisted_claim AS
SELECT investment.id AS investment_id, investment.user_id, investment.total_claimed_units AS level_units,
  investment.updated_at AS occurred_at
FROM user_investment_cache AS investment
WHERE investment.total_claimed_units > coalesce(
  (SELECT max(known.level_units) FROM investment_transaction AS known
   WHERE known.investment_id = investment.id AND known.level_units IS NOT NULL),
  '000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER user_investment_cache_claimed_at_once AFTER INSERT ON user_investment_cache
WHEN new.total_claimed_units <> '' BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, level_units, occurred_at)
  SELECT 'claimed:' || investment_id || ':' || level_units, user_id, investment_id, 'claim', level_units, occurred_at
  FROM unlisted_claim WHERE investment_id = new.id;
END;

CREATE TRIGGER user_investment_cache_claimed AFTER UPDATE OF total_claimed_units ON user_investment_cache
WHEN new.total_claimed_units > old.total_claimed_units BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, level_units, occurred_at)
  SELECT 'claimed:' || investment_id || ':' || level_units, user_id, investment_id, 'claim', level_units, occurred_at
  FROM unlisted_claim WHERE investment_id = new.id;
END;

-- A ledger may write its claim after the main API has counted it.
CREATE TRIGGER investment_transaction_claimed_here AFTER INSERT ON investment_transaction
WHEN new.kind = 'claim' AND substr(new.id, 1, 8) <> 'claimed:' BEGIN
  DELETE FROM investment_transaction
  WHERE id = 'claimed:' || new.investment_id || ':' || new.level_units;
END;

-- The main API has refused a claim of the edge's. Other claims, which its level has hidden, are seen now.
CREATE TRIGGER investment_transaction_deleted AFTER DELETE ON investment_transaction
WHEN old.kind = 'claim' BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, level_units, occurred_at)
  SELECT 'claimed:' || investment_id || ':' || level_units, user_id, investment_id, 'claim', level_units, occurred_at
  FROM unlisted_claim WHERE investment_id = old.investment_id;
END;

-- And the claims behind a refused one are of lower levels.
CREATE TRIGGER investment_transaction_lowered AFTER UPDATE OF level_units ON investment_transaction
WHEN new.level_units < old.level_units BEGIN
  INSERT INTO investment_transaction (id, user_id, investment_id, kind, level_units, occurred_at)
  SELECT 'claimed:' || investment_id || ':' || level_units, user_id, investment_id, 'claim', level_units, occurred_at
  FROM unlisted_claim WHERE investment_id = new.investment_id;
END;

-- Nobody reads the transactions of an investment that is not theirs any more.
CREATE TRIGGER user_investment_cache_moved AFTER UPDATE OF user_id ON user_investment_cache
WHEN new.user_id <> old.user_id BEGIN
  UPDATE investment_transaction SET user_id = new.user_id WHERE investment_id = new.id;
END;

-- Its owner is told of these changes too. A change of the status has a trigger already.
CREATE TRIGGER user_investment_cache_payment_changed
AFTER UPDATE OF transaction_hash, refund_due, failure ON user_investment_cache
WHEN old.status = new.status AND (old.transaction_hash, old.refund_due, old.failure)
  IS NOT (new.transaction_hash, new.refund_due, new.failure) BEGIN
  INSERT INTO sale_change (kind, row_id) VALUES ('investment', new.id);
END;

-- By investment: its transactions without a level too.
CREATE INDEX investment_transaction_investment ON investment_transaction (investment_id);

INSERT INTO investment_transaction (id, user_id, investment_id, kind, occurred_at)
SELECT 'payment:' || id, user_id, id, 'payment', coalesce(confirmed_at, updated_at) FROM user_investment_cache
WHERE status = 'confirmed' OR (status = 'refunded' AND confirmed_at IS NOT NULL);
INSERT INTO investment_transaction (id, user_id, investment_id, kind, occurred_at)
SELECT 'refund:' || id, user_id, id, 'refund', updated_at FROM user_investment_cache WHERE status = 'refunded';
