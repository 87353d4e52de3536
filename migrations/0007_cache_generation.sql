-- How often what a cache tag stands for has changed; KV's copy is what isolates read. It only ever grows.
CREATE TABLE cache_generation (
  tag TEXT NOT NULL PRIMARY KEY,
  generation INTEGER NOT NULL
) WITHOUT ROWID;
