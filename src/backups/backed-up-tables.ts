/**
 * The decision about every table of D1. A test fails for a table that has none.
 *
 * The order is the order of reading, and of restoring. `sync_run` is first: its watermarks are not later than any row, so the
 * next sync of a restored database asks for all that has changed since. A table stands behind those that its rows refer to.
 */
export const BACKED_UP_TABLES: readonly string[] = [
  'sync_run',
  'project_cache',
  'project_file',
  'project_file_check',
  'ido_pool_cache',
  'user_investment_cache',
  'investment_transaction',
  'ledger_batch',
  'ledger_notice',
  'pool_member',
  'pool_eligibility',
  'told_payment',
  'user_account',
  'user_password',
  'user_wallet',
  'user_outbox',
  'chat_room',
  'chat_author',
  'user_file',
  'file_read',
  'object_deletion',
  'operation',
  'operation_form',
  'publish',
  'publish_operation',
  'release',
  'release_change',
  'liveness_copy',
  'operation_steering',
  // Uses that are folded meanwhile count twice, and never not at all: an operation in use is not retired.
  'usage_flush',
  'operation_usage',
  'operation_refusal',
  'request_hour',
  'request_day',
  'flush_day',
  'cache_generation',
  'incident',
  'deployment',
  'candle',
  'hourly_closes',
  'hour_in_progress',
  'price_indicator',
];

/** Encrypted under `BACKUP_KEY`: whoever reads the bucket can try no password. */
export const SEALED_TABLES: ReadonlySet<string> = new Set(['user_password']);

/** Made anew from the rows of other tables by these statements. */
export const REBUILT_TABLES: Readonly<Record<string, readonly string[]>> = {
  project_search: ["INSERT INTO project_search (project_search) VALUES ('rebuild')"],
  project_label: [
    'DELETE FROM project_label',
    `INSERT INTO project_label (kind, label, project_row_id)
     SELECT 'tag', value, row_id FROM project_cache, json_each(tags)
     UNION SELECT 'blockchain', value, row_id FROM project_cache, json_each(blockchain)`,
  ],
};

/** In no backup, with the reason. */
export const LEFT_OUT_TABLES: Readonly<Record<string, string>> = {
  user_session: 'Everybody signs in again: a session that was ended since must not live again.',
  alert_state: 'The rules begin anew, and adopt the incidents that go on.',
  object_size: 'Each night measures them.',
  payment_count: 'Triggers count the payments again as investments are restored.',
  wallet_challenge: 'A challenge lives ten minutes.',
  sync_lease: 'A lease is that of a run, and no run of the backup’s time works any more.',
  sale_change: 'The sale feed reads and deletes these changes within a second.',
  user_upload: 'An upload lasts an hour.',
  operation_purge: 'Caches in front keep no answer of the backup’s time.',
  kyc_key: 'A deleted key must not come back: without it each copy of a document is noise.',
  identification_outbox: 'Without its key a document cannot be handed over: its owner uploads it again.',
  notification: 'Its messages are of the time before; rules that still fire tell of it anew.',
  alert_silence: 'A silence ends by itself, and a restored one might hide what the restore has broken.',
  project_detail_cache: 'Details are fetched again where somebody asks for them.',
};
