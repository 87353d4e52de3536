-- What isolates have counted since the last cleanup, which adds it up in operation_usage and operation_refusal: writing
-- there at every flush costs a row and its indexes for each operation, this is one row without an index.
CREATE TABLE usage_flush (
  flush_id INTEGER PRIMARY KEY,
  -- JSON: {"uses": [[operation_id, client, version, day, count, first_seen, last_seen], …],
  --        "refusals": [[reason, document_id, client, version, day, count, last_seen], …]}
  counts TEXT NOT NULL
);

-- What is not of this form is left out, so that no flush can keep the others from being read or added up. SQLite may
-- evaluate conditions in any order: only iif keeps JSON functions from what would make them fail.
CREATE VIEW unfolded_usage AS
SELECT * FROM (
  SELECT flush_id, entry ->> 0 AS operation_id, entry ->> 1 AS client, entry ->> 2 AS version, entry ->> 3 AS day,
    entry ->> 4 AS count, entry ->> 5 AS first_seen, entry ->> 6 AS last_seen
  FROM (
    SELECT flush_id, iif(type = 'array', value, '[]') AS entry
    FROM usage_flush, json_each(iif(json_valid(counts), counts, '{}'), '$.uses')
  )
)
WHERE typeof(operation_id) = 'text' AND typeof(client) = 'text' AND typeof(version) = 'text'
  AND typeof(day) = 'integer' AND typeof(count) = 'integer'
  AND typeof(first_seen) = 'integer' AND typeof(last_seen) = 'integer';

CREATE VIEW unfolded_refusal AS
SELECT * FROM (
  SELECT flush_id, entry ->> 0 AS reason, entry ->> 1 AS document_id, entry ->> 2 AS client, entry ->> 3 AS version,
    entry ->> 4 AS day, entry ->> 5 AS count, entry ->> 6 AS last_seen
  FROM (
    SELECT flush_id, iif(type = 'array', value, '[]') AS entry
    FROM usage_flush, json_each(iif(json_valid(counts), counts, '{}'), '$.refusals')
  )
)
WHERE typeof(reason) = 'text' AND typeof(document_id) = 'text' AND typeof(client) = 'text'
  AND typeof(version) = 'text' AND typeof(day) = 'integer' AND typeof(count) = 'integer'
  AND typeof(last_seen) = 'integer';
