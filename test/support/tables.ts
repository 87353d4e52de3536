/** Everything that a test may leave in D1. */
export const TABLES = [
  'project_cache',
  'ido_pool_cache',
  'user_investment_cache',
  'candle',
  'hour_in_progress',
  'price_indicator',
  'sync_lease',
  'sync_run',
  'operation',
  'publish',
  'publish_operation',
  'release',
  'release_change',
  'operation_usage',
  'operation_refusal',
  'cache_generation',
];
