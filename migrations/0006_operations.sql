-- Operations, the releases that carry them, and who runs them. Times in Unix seconds.

-- Immutable: another text is another operation.
CREATE TABLE operation (
  id TEXT NOT NULL PRIMARY KEY,
  -- sha256:<hex> of the text: the operation's id, or its other one where that is opaque.
  document_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('query', 'mutation', 'subscription')),
  -- JSON: the whole record, the document in it.
  registered TEXT NOT NULL,
  registered_at INTEGER NOT NULL
);

CREATE INDEX operation_document ON operation (document_id);

-- What one release carried from some time on. Rollback goes back along previous_publish_id.
CREATE TABLE publish (
  id TEXT NOT NULL PRIMARY KEY,
  client TEXT NOT NULL,
  version TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  previous_publish_id TEXT
);

CREATE TABLE publish_operation (
  publish_id TEXT NOT NULL,
  operation_id TEXT NOT NULL,
  PRIMARY KEY (publish_id, operation_id)
) WITHOUT ROWID;

CREATE INDEX publish_operation_operation ON publish_operation (operation_id);

CREATE TABLE release (
  client TEXT NOT NULL,
  version TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('published', 'deprecated', 'retired')),
  deprecated_at INTEGER,
  sunset INTEGER,
  publish_id TEXT NOT NULL,
  PRIMARY KEY (client, version)
) WITHOUT ROWID;

CREATE INDEX release_publish ON release (publish_id);

-- Every change of releases, in order: the greatest revision says whether KV's overlay is of today.
CREATE TABLE release_change (
  revision INTEGER PRIMARY KEY AUTOINCREMENT,
  changed_at INTEGER NOT NULL,
  change TEXT NOT NULL
);

-- Clients name themselves, so the empty name stands for those that do not, and for those beyond a day's bound.
-- Rows of a day follow one another: how far their rowids lie apart bounds how many they are.
CREATE TABLE operation_usage (
  row_id INTEGER PRIMARY KEY,
  operation_id TEXT NOT NULL,
  client TEXT NOT NULL,
  version TEXT NOT NULL,
  -- Days since 1970-01-01, UTC.
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  UNIQUE (operation_id, client, version, day)
);

CREATE INDEX operation_usage_day ON operation_usage (day);

CREATE TABLE operation_refusal (
  row_id INTEGER PRIMARY KEY,
  reason TEXT NOT NULL,
  -- Empty where no document was named, and beyond a day's bound.
  document_id TEXT NOT NULL,
  client TEXT NOT NULL,
  version TEXT NOT NULL,
  day INTEGER NOT NULL,
  count INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  UNIQUE (day, reason, document_id, client, version)
);

CREATE INDEX operation_refusal_day ON operation_refusal (day);
