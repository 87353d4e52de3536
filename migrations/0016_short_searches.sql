-- A search reads the names and symbols that begin with its text, and a bounded number of the other texts that contain
-- it. Texts are stored with their pairs of characters from now on, so that a search of two characters has an index too:
-- the next sync of projects reads everything and writes them.

CREATE INDEX project_cache_symbol_folded ON project_cache (symbol_folded);
CREATE INDEX project_cache_name_folded ON project_cache (name_folded);
UPDATE sync_run SET newest_updated_at = NULL WHERE job IN ('projects', 'projects-full');
