-- Two projects may have one symbol, and its live price is that of one of them. The sync keeps this column: 1 if the
-- symbol means this project, which is the live one with the greatest market cap; ids break ties.

ALTER TABLE project_cache ADD COLUMN owns_symbol INTEGER NOT NULL DEFAULT 1;

UPDATE project_cache SET owns_symbol = ranked.owns FROM
  (SELECT row_id, row_number() OVER (PARTITION BY symbol ORDER BY status = 'live' DESC, market_cap DESC, id) = 1 AS owns
   FROM project_cache) AS ranked
WHERE ranked.row_id = project_cache.row_id AND ranked.owns <> project_cache.owns_symbol;
