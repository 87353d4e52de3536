-- The revision of the overlay that was last written to KV. A change of releases with a greater one was cut off before
-- isolates could see it.

CREATE TABLE liveness_copy (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL
);

INSERT INTO liveness_copy (id, revision) SELECT 1, coalesce(max(revision), 0) FROM release_change;
