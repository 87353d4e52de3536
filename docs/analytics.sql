-- Questions to the points of Analytics Engine, in its SQL API: docs/operating.md#points-of-analytics-engine says how to ask.
--
-- Each request that reaches the Worker is one point. Caches in front answer without it, so every rate here is of what
-- reached the Worker. At high volume the platform keeps a sample: a row stands for `_sample_interval` requests, so count
-- with sum(_sample_interval). Milliseconds are the time that a request waited for others, because clocks stand still while
-- the Worker computes.
--
--   index1, blob1   id of the operation; `unregistered` for everything that is no registered operation
--   blob2           name of the operation; the path pattern of a route without one; empty for what is not registered
--   blob3           query, mutation or subscription; empty if no operation is known
--   blob4, blob5    client and version, as releases name them; `other` if no release bears them
--   blob6           outcome: ok; partial (data with errors); refused (no data, and the caller is the reason); error (no data,
--                   and the caller is not)
--   blob7           code of the first error; `HTTP_<status>` of a route that has no codes
--   blob8           cache: hit, stale, miss, as `X-Cache` says; bypass for private answers, mutations, errors and routes
--   blob9           transport: get, post, ws, sse; rest for all of `/api`. Other methods count as post, HEAD as get
--   blob10          id of the Worker's version
--   blob11          country of the sender, two letters
--   double1         milliseconds
--   double2         HTTP status; 0 of an operation of a socket
--   double3         bytes of the answer's body before compression; 0 of a stream, and of a route's answer whose length no
--                   header names
--   double4         GraphQL errors
--   double5         queries of D1
--   double6         rows that D1 read
--   double7         keys read from KV
--   double8         calls of the main and the price API

-- latency: of each operation in the last day, the most frequent first
SELECT
  blob1 AS operation_id,
  blob2 AS operation,
  sum(_sample_interval) AS requests,
  quantileExactWeighted(0.5)(double1, _sample_interval) AS p50_ms,
  quantileExactWeighted(0.95)(double1, _sample_interval) AS p95_ms,
  quantileExactWeighted(0.99)(double1, _sample_interval) AS p99_ms
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' DAY
GROUP BY operation_id, operation
ORDER BY requests DESC;

-- errors: shares of requests by how they ended, of each operation in the last day
SELECT
  blob1 AS operation_id,
  blob2 AS operation,
  sum(_sample_interval) AS requests,
  sumIf(_sample_interval, blob6 = 'error') / sum(_sample_interval) AS error_rate,
  sumIf(_sample_interval, blob6 = 'partial') / sum(_sample_interval) AS partial_rate,
  sumIf(_sample_interval, blob6 = 'refused') / sum(_sample_interval) AS refused_rate,
  sum(double4 * _sample_interval) AS errors
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' DAY
GROUP BY operation_id, operation
ORDER BY error_rate DESC, requests DESC;

-- hits: the share that memory or KV answered, of the requests whose answer may be kept, in the last day
SELECT
  blob1 AS operation_id,
  blob2 AS operation,
  sum(_sample_interval) AS requests,
  sumIf(_sample_interval, blob8 IN ('hit', 'stale')) / sum(_sample_interval) AS hit_rate
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob8 <> 'bypass'
GROUP BY operation_id, operation
ORDER BY requests DESC;

-- releases: requests, errors and latency of each client release in the last day
SELECT
  blob4 AS client,
  blob5 AS version,
  sum(_sample_interval) AS requests,
  sumIf(_sample_interval, blob6 = 'error') / sum(_sample_interval) AS error_rate,
  sumIf(_sample_interval, blob6 = 'refused') / sum(_sample_interval) AS refused_rate,
  quantileExactWeighted(0.95)(double1, _sample_interval) AS p95_ms
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' DAY
GROUP BY client, version
ORDER BY requests DESC;

-- codes: the errors of the last hour by code and transport
SELECT
  blob7 AS code,
  blob9 AS transport,
  blob6 AS outcome,
  sum(_sample_interval) AS requests
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' HOUR AND blob6 <> 'ok'
GROUP BY code, transport, outcome
ORDER BY requests DESC;

-- versions: a new version of the Worker beside the old one, by operation, in the last hour
SELECT
  blob2 AS operation,
  blob10 AS worker_version,
  sum(_sample_interval) AS requests,
  sumIf(_sample_interval, blob6 = 'error') / sum(_sample_interval) AS error_rate,
  quantileExactWeighted(0.95)(double1, _sample_interval) AS p95_ms
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' HOUR
GROUP BY operation, worker_version
ORDER BY operation, worker_version;

-- calls: what each operation asked of D1, KV and upstream in the last day
SELECT
  blob1 AS operation_id,
  blob2 AS operation,
  sum(_sample_interval) AS requests,
  sum(double3 * _sample_interval) AS bytes,
  sum(double5 * _sample_interval) AS d1_queries,
  sum(double6 * _sample_interval) AS d1_rows_read,
  sum(double7 * _sample_interval) AS kv_reads,
  sum(double8 * _sample_interval) AS upstream_calls
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' DAY
GROUP BY operation_id, operation
ORDER BY d1_rows_read DESC;

-- hours: requests, errors and latency of each hour of the last week
SELECT
  toStartOfInterval(timestamp, INTERVAL '1' HOUR) AS hour,
  sum(_sample_interval) AS requests,
  sumIf(_sample_interval, blob6 = 'error') / sum(_sample_interval) AS error_rate,
  quantileExactWeighted(0.95)(double1, _sample_interval) AS p95_ms
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '7' DAY
GROUP BY hour
ORDER BY hour;

-- countries: where requests of the last day came from
SELECT
  blob11 AS country,
  sum(_sample_interval) AS requests,
  quantileExactWeighted(0.95)(double1, _sample_interval) AS p95_ms
FROM com2000_edge_production
WHERE timestamp > NOW() - INTERVAL '1' DAY
GROUP BY country
ORDER BY requests DESC
LIMIT 50;
