/** The local D1, where wrangler keeps it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const MIGRATIONS_FOLDER = 'migrations';
/** As `wrangler d1 migrations apply` has it, which may follow on the same state. */
const APPLIED_TABLE_SQL = `
  CREATE TABLE IF NOT EXISTS d1_migrations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT UNIQUE,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
  )`;

/**
 * Creates and migrates it, and deletes the leases of an earlier run. Wrangler's own command starts workerd anew for each
 * migration, which takes ten times as long.
 */
export async function migrateDatabase(stateFolder: string, databaseId: string): Promise<void> {
  const resourcePersistencePath = path.join(stateFolder, 'v3');
  const existed = existsSync(path.join(resourcePersistencePath, 'd1'));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: '',
      resourcePersistencePath,
      d1Databases: { DB: databaseId },
    }),
  );
  try {
    const db = await miniflare.getD1Database('DB');
    await db.prepare(APPLIED_TABLE_SQL).run();
    const { results } = await db.prepare('SELECT name FROM d1_migrations').all();
    const applied = new Set(results.map(({ name }: { name: string }) => name));
    for (const { name, queries } of await readD1Migrations(MIGRATIONS_FOLDER)) {
      if (applied.has(name)) continue;
      const isApplied = db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name);
      await db.batch([...queries.map((query) => db.prepare(query)), isApplied]);
    }
    // No gateway runs on this state yet, so a lease belongs to a sync whose gateway was stopped. It would block the
    // first sync for minutes.
    if (existed) await db.prepare('DELETE FROM sync_lease').run();
  } finally {
    await miniflare.dispose();
  }
}
