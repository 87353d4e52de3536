/** A database and ledgers that are large enough to be backed up in several pages and files, and the keys of backups. */
import { env } from 'cloudflare:workers';
import { BACKED_UP_TABLES } from '../../src/backups/backed-up-tables.ts';
import type { BackupManifest } from '../../src/backups/manifest.ts';
import { backupSealing } from '../../src/backups/sealing.ts';
import type { Ledgers } from '../../src/investing/ledger-client.ts';
import { investmentName, ledgerOf, reserve, sha256 } from './investing/written-ledger.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      EMPTY_DB: D1Database;
    }
  }
}

export const KEYS = [{ kid: 'k1', key: 'a key of backups with 32 characters' }];
export const SEALING = backupSealing(KEYS);
export const HASH_CANARY = 'canary-of-a-hash';
export const SESSION_CANARY = 'canary-of-a-session';
export const KEY_CANARY = 'canary-of-a-key';

export const BACKED_UP_POOLS = ['pool-1', 'pool-2', 'pool ø/3'];

/** Texts that JSON, SQL and gzip must carry, and numbers with all their digits. */
const AWKWARD = `'it''s "quoted" \\ ' || char(10, 9, 8232, 128640) || 'ünï'`;

const numbers = (count: number) =>
  `WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ${count})`;

/** Rows in every table that is backed up. */
export async function fillDatabase(
  db: D1Database,
  { projects, investments }: { projects: number; investments: number },
): Promise<void> {
  const pool = `CASE i % ${BACKED_UP_POOLS.length} ${BACKED_UP_POOLS.map((id, at) => `WHEN ${at} THEN '${id}'`).join(' ')} END`;
  await db.batch([
    db.prepare(
      `INSERT INTO project_cache (id, name, symbol, slug, status, category, description, tags, blockchain, current_price,
         market_cap, market_cap_rank, created_at, updated_at, name_folded, symbol_folded, search_text)
       ${numbers(projects)}
       SELECT 'project-' || i, 'Project ' || i, 'P' || i, 'project-' || i, 'live', 'defi', ${AWKWARD} || hex(randomblob(150)),
         json_array('tag' || (i % 7), 'all'), json_array('ethereum'), random() / 1e15, random() * 1.0 / 3, i, 1, i,
         'project ' || i, 'p' || i, 'project ' || i || char(31) || 'p' || i FROM number`,
    ),
    ...BACKED_UP_POOLS.map((id) =>
      db
        .prepare(
          `INSERT INTO ido_pool_cache (id, project_id, pool_name, pool_type, token_price, total_tokens, sold_tokens, total_raised,
             min_allocation, participant_count, payment_token, blockchain, sale_start, sale_end, status, created_at,
             updated_at, progress_percent, total_raised_real)
           VALUES (?1, 'project-1', 'Sale', 'public', '2', '1000', '0', '0', '1', 0, 'USDT', 'ethereum', 1, 2, 'active', 1, 1,
             0.1, 1.0 / 3)`,
        )
        .bind(id),
    ),
    db.prepare(
      `INSERT INTO user_account (id, email, display_name, last_active_at, created_at)
       ${numbers(50)} SELECT 'usr_' || i, 'user' || i || '@example.com', ${AWKWARD}, i, i FROM number`,
    ),
    db.prepare(
      `INSERT INTO user_password (user_id, hash, changed_at)
       SELECT id, '$scrypt$${HASH_CANARY}$' || id, 1 FROM user_account`,
    ),
    db.prepare(
      `INSERT INTO user_session (id, user_id, created_at, last_activity_at, expires_at, refresh_hash, device)
       SELECT 'session-' || id, id, 1, 1, 9999999999, '${SESSION_CANARY}', 'd' FROM user_account`,
    ),
    db.prepare(
      `INSERT INTO user_investment_cache (id, user_id, pool_id, investment_amount, token_amount, token_price, payment_token,
         status, total_claimed, claimable_amount, invested_at, confirmed_at, created_at, updated_at, total_claimed_units)
       ${numbers(investments)}
       SELECT 'investment-' || i, 'usr_' || (i % 50 + 1), ${pool}, '100.000000000000000001', '50', '2', 'USDT',
         CASE i % 5 WHEN 0 THEN 'refunded' WHEN 1 THEN 'pending' ELSE 'confirmed' END, '0', '0', i, i, i, i, '' FROM number`,
    ),
    db.prepare(
      `INSERT INTO candle (symbol, interval, time, open, high, low, close)
       ${numbers(1_000)} SELECT 'P' || (i % 9), '1h', 3600 * i, 1.0 / i, 1.1 / i, 0.1 / 3, i / 7.0 FROM number`,
    ),
    db.prepare(
      `INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at)
       SELECT kind.value || user_account.id, user_account.id, kind.value, 'image/png', 1,
         'users/' || kind.value || '/' || user_account.id, 'etag', 1
       FROM user_account, json_each('["attachment", "passport"]') AS kind`,
    ),
    db.prepare(
      `INSERT INTO kyc_key (user_id, wrapped_key, wrapping_key_id, created_at) SELECT id, '${KEY_CANARY}', 'k', 1 FROM user_account`,
    ),
    db.prepare("INSERT INTO release_change (changed_at, change) VALUES (1, 'published')"),
  ]);
}

/** By pool: ledgers of one page and of several. */
export const ledgersOfPools = (): Map<string, string[]> =>
  new Map(BACKED_UP_POOLS.map((pool, at) => [pool, linesOfLedger(pool, 700 * at + 3)]));

/** A ledger of a pool with this many entries. */
export const linesOfLedger = (pool: string, entries: number): string[] =>
  ledgerOf([
    { kind: 'open', pool, accounts: { 'tokens:outside': '-1000', 'tokens:unsold': '1000' } },
    { ...reserve(investmentName(`one of ${pool}`), '1', '2'), pool },
    ...Array.from({ length: entries - 2 }, () => ({
      ...{ kind: 'claim' as const, pool, investment: investmentName(`one of ${pool}`), accounts: {} },
    })),
  ]);

/** Gives the pools their ledgers, which D1 shows up to the last entry but one. */
export async function giveLedgers(
  db: D1Database,
  linesByPool: ReadonlyMap<string, readonly string[]>,
): Promise<Pick<Ledgers, 'ofPool' | 'ofInvestment'>> {
  await db.batch(
    [...linesByPool].map(([pool, lines]) =>
      db
        .prepare(
          'UPDATE ido_pool_cache SET ledger_revision = 1, ledger_sequence = ?2, ledger_hash = ?3 WHERE id = ?1',
        )
        .bind(pool, lines.length - 1, sha256(lines.at(-2) ?? '')),
    ),
  );
  const ofPool = (pool: string) => ({
    exportEntries: async (after: number, limit: number) =>
      (linesByPool.get(pool) ?? [])
        .slice(after, after + limit)
        .map((line) => `${line}\n`)
        .join(''),
  });
  return { ofPool, ofInvestment: () => null } as unknown as Ledgers;
}

/** By source: the lines of its files, which are plain. */
export async function linesOf({ files }: BackupManifest): Promise<Map<string, string[]>> {
  const lines = new Map<string, string[]>();
  for (const { key, source, rows } of files.filter((file) => file.sealedWith === null)) {
    const object = await env.STORAGE.get(key);
    if (object === null) throw new Error(`no ${key}`);
    const text = await new Response(object.body.pipeThrough(new DecompressionStream('gzip'))).text();
    const own = text.split('\n').slice(0, -1);
    if (own.length !== rows) throw new Error(`${key} has ${own.length} rows`);
    lines.set(source, [...(lines.get(source) ?? []), ...own]);
  }
  return lines;
}

/** The rows of a table as JSON, by its primary key. */
export async function linesOfTable(db: D1Database, table: string): Promise<string[]> {
  const key = db.prepare('SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk').bind(table);
  const order = (await key.all<{ name: string }>()).results.map(({ name }) => name).join(', ');
  const { results } = await db.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all();
  return results.map((row) => JSON.stringify(row));
}

/** Everything in it is gone, the schema too. */
export async function dropAll(db: D1Database): Promise<void> {
  const { results } = await db
    .prepare(
      `SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger') OR name IN ('project_search', 'd1_migrations')
         OR (type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
           AND name NOT LIKE 'project\\_search\\_%' ESCAPE '\\')
       ORDER BY type = 'table', rowid DESC`,
    )
    .all<{ type: string; name: string }>();
  if (results.length > 0)
    await db.batch(results.map(({ type, name }) => db.prepare(`DROP ${type} "${name}"`)));
}

/** By table: the rows, without the runs of this very job, which change while it works. */
export async function linesOfTables(db: D1Database): Promise<Record<string, string[]>> {
  const isOther = (line: string) => !line.includes('"job":"backups"');
  const tables = BACKED_UP_TABLES.map(async (table) => [
    table,
    (await linesOfTable(db, table)).filter(isOther),
  ]);
  return Object.fromEntries(await Promise.all(tables));
}

export const schemaOf = async (db: D1Database) =>
  (
    await db
      .prepare(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'd1%' AND name NOT LIKE 'sqlite%' ORDER BY type, name",
      )
      .all()
  ).results;
