-- What the sale feed has yet to tell subscribers of. Whoever writes pools and investments leaves it here in the same
-- transaction, so that a change that is stored is told, whatever happens in between; the feed deletes what it has read.

CREATE TABLE sale_change (
  -- Never used twice: the feed remembers how far it has read.
  change_id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('pool', 'investment')),
  row_id TEXT NOT NULL
);

-- Nobody watches a pool that did not exist.
CREATE TRIGGER ido_pool_cache_changed AFTER UPDATE ON ido_pool_cache BEGIN
  INSERT INTO sale_change (kind, row_id) VALUES ('pool', new.id);
END;

CREATE TRIGGER user_investment_cache_added AFTER INSERT ON user_investment_cache BEGIN
  INSERT INTO sale_change (kind, row_id) VALUES ('investment', new.id);
END;

CREATE TRIGGER user_investment_cache_status_changed AFTER UPDATE OF status ON user_investment_cache
WHEN old.status <> new.status BEGIN
  INSERT INTO sale_change (kind, row_id) VALUES ('investment', new.id);
END;
