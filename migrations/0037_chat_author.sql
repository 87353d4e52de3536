-- Rooms to talk in, and who has posted where: a room keeps names, pictures and roles of its authors itself, and learns from
-- these rows that they have changed. Times are in Unix seconds.

-- Each room that somebody has posted in.
CREATE TABLE chat_room (
  -- `project:<id>` or `pool:<id>`.
  room TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- A row outlives its account, until the room has erased what the account has written.
CREATE TABLE chat_author (
  user_id TEXT NOT NULL,
  room TEXT NOT NULL,
  -- When the room is told of the author, not before; null if it knows all.
  next_attempt_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Grows with each change of the account: one that comes while the room is told is not taken for told.
  revision INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, room)
) WITHOUT ROWID;
CREATE INDEX chat_author_due ON chat_author (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TRIGGER chat_author_added AFTER INSERT ON chat_author
WHEN NOT EXISTS (SELECT 1 FROM chat_room WHERE room = NEW.room) BEGIN
  INSERT INTO chat_room (room) VALUES (NEW.room);
END;

CREATE TRIGGER chat_author_changed AFTER UPDATE OF display_name, avatar_url, permissions, refused_at ON user_account
WHEN (OLD.display_name, OLD.avatar_url, OLD.permissions, OLD.refused_at)
  IS NOT (NEW.display_name, NEW.avatar_url, NEW.permissions, NEW.refused_at) BEGIN
  UPDATE chat_author SET next_attempt_at = 0, attempts = 0, revision = revision + 1 WHERE user_id = NEW.id;
END;

CREATE TRIGGER chat_author_closed AFTER DELETE ON user_account BEGIN
  UPDATE chat_author SET next_attempt_at = 0, attempts = 0, revision = revision + 1 WHERE user_id = OLD.id;
END;
