/** The local D1, where wrangler keeps it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { appliedMigrations, migrationStatements } from '../d1-migrations.ts';

const MIGRATIONS_FOLDER = 'migrations';
/** Outside of workerd each statement would be prepared by a call of its own, which the process waits for. */
const BATCH_WORKER = `export default {
  async fetch(request, { DB }) {
    const statements = await request.json();
    try {
      await DB.batch(statements.map(({ sql, params }) => DB.prepare(sql).bind(...params)));
      return new Response();
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  }
}`;

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
      script: BATCH_WORKER,
      resourcePersistencePath,
      d1Databases: { DB: databaseId },
    }),
  );
  try {
    const db = await miniflare.getD1Database('DB');
    const applied = new Set(await appliedMigrations(db));
    const migrations = await readD1Migrations(MIGRATIONS_FOLDER);
    const statements = migrationStatements(migrations.filter(({ name }) => !applied.has(name)));
    if (statements.length > 0) {
      const body = JSON.stringify(statements);
      const answer = await miniflare.dispatchFetch('http://localhost', { method: 'POST', body });
      if (!answer.ok) throw new Error(`The database was not migrated: ${await answer.text()}`);
    }
    // No gateway runs on this state yet, so a lease belongs to a sync whose gateway was stopped. It would block the
    // first sync for minutes.
    if (existed) await db.prepare('DELETE FROM sync_lease').run();
  } finally {
    await miniflare.dispose();
  }
}
