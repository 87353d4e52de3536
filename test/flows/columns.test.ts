import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { candleTable } from '../../src/storage/d1/candles.ts';
import { idoPoolTable } from '../../src/storage/d1/ido-pools.ts';
import { indicatorTable } from '../../src/storage/d1/indicators.ts';
import { investmentTable } from '../../src/storage/d1/investments.ts';
import { poolEligibilityTable } from '../../src/storage/d1/pool-eligibility.ts';
import { projectDetailTable } from '../../src/storage/d1/project-details.ts';
import { projectTable } from '../../src/storage/d1/projects.ts';

const DECLARED = [
  projectTable,
  idoPoolTable,
  investmentTable,
  poolEligibilityTable,
  projectDetailTable,
  candleTable,
  indicatorTable,
];

/** Their statements are written by hand: joins, counts that add up, and rows that SQL makes from other rows. */
const BY_HAND = [
  'alert_state',
  'incident',
  'object_size',
  'payment_count',
  'alert_silence',
  'cache_generation',
  'chat_author',
  'chat_room',
  'deployment',
  'file_read',
  'flush_day',
  'hour_in_progress',
  'hourly_closes',
  'identification_outbox',
  'investment_transaction',
  'kyc_key',
  'ledger_batch',
  'ledger_notice',
  'liveness_copy',
  'notification',
  'object_deletion',
  'operation',
  'operation_form',
  'operation_purge',
  'operation_refusal',
  'operation_steering',
  'operation_usage',
  'pool_member',
  'project_file',
  'project_file_check',
  'project_label',
  'project_search',
  'publish',
  'publish_operation',
  'release',
  'release_change',
  'request_day',
  'request_hour',
  'sale_change',
  'sync_lease',
  'sync_run',
  'told_payment',
  'usage_flush',
  'user_account',
  'user_file',
  'user_outbox',
  'user_password',
  'user_session',
  'user_upload',
  'user_wallet',
  'wallet_challenge',
];

/** SQLite fills it. */
const ROW_ID = 'row_id';

interface ColumnInfo {
  name: string;
  type: string;
  notnull: number;
}

describe.each(DECLARED)('the columns of $name', (table) => {
  test('are those of the migrated table', async () => {
    const info = await env.DB.prepare(`PRAGMA table_info(${table.name})`).all<ColumnInfo>();
    const stored = info.results
      .filter(({ name }) => name !== ROW_ID)
      .map(({ name, type, notnull }) => ({ name, type, isNullable: notnull === 0 }));
    const declared = Object.entries({
      ...table.columns,
      ...table.writeOnly,
      ...(table.insertedAt === undefined
        ? {}
        : { [table.insertedAt]: { type: 'INTEGER', isNullable: false } }),
    }).map(([name, column]) => ({ name, ...column }));
    const byName = (left: { name: string }, right: { name: string }) => (left.name < right.name ? -1 : 1);
    expect(declared.sort(byName)).toEqual(stored.sort(byName));
  });

  test('make statements that SQLite takes', async () => {
    const select = `SELECT ${table.selectList()} FROM ${table.name}`;
    const upsert = env.DB.prepare(table.upsert).bind('[]', 0);
    await expect(env.DB.batch([env.DB.prepare(select), upsert])).resolves.toHaveLength(2);
  });
});

test('every table is declared, or known to be read and written by hand', async () => {
  const { results } = await env.DB.prepare(
    `SELECT name FROM pragma_table_list WHERE type IN ('table', 'virtual') AND name NOT LIKE 'sqlite%'
       AND name NOT LIKE '%d1%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
  ).all<{ name: string }>();
  const known = [...DECLARED.map(({ name }) => name), ...BY_HAND];
  expect(results.map(({ name }) => name).sort()).toEqual(known.sort());
});
