-- Numbers that GraphQL's Int of 32 bits cannot carry, stored before the sync refused them: one of them made a whole
-- list unanswerable. An optional one becomes null. A pool without a good count is taken again by the next sync that
-- has one.

UPDATE project_cache SET market_cap_rank = NULL WHERE market_cap_rank > 2147483647;
UPDATE project_cache SET trending_rank = NULL WHERE trending_rank > 2147483647;
UPDATE project_cache SET social = NULL
WHERE EXISTS (SELECT 1 FROM json_each(project_cache.social) WHERE value > 2147483647);
UPDATE ido_pool_cache SET max_participants = NULL WHERE max_participants > 2147483647;
UPDATE user_investment_cache SET block_number = NULL WHERE block_number > 2147483647;
DELETE FROM ido_pool_cache WHERE participant_count > 2147483647;
