/** The local D1, where wrangler keeps it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { appliedMigrations, applyMigrations } from '../d1-migrations.ts';

const MIGRATIONS_FOLDER = 'migrations';

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
    const applied = new Set(await appliedMigrations(db));
    const migrations = await readD1Migrations(MIGRATIONS_FOLDER);
    await applyMigrations(
      db,
      migrations.filter(({ name }) => !applied.has(name)),
    );
    // No gateway runs on this state yet, so a lease belongs to a sync whose gateway was stopped. It would block the
    // first sync for minutes.
    if (existed) await db.prepare('DELETE FROM sync_lease').run();
  } finally {
    await miniflare.dispose();
  }
}
