-- The sale feed asks at every look which pools the clock has changed, and when it changes the next: without this it read
-- every pool twice, for the other three times have indexes. A pool row that has such a time costs one row written more.

CREATE INDEX ido_pool_cache_by_registration_end ON ido_pool_cache (registration_end)
WHERE registration_end IS NOT NULL;
