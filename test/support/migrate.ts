/** Before each file: storage as a new gateway's, also where the Worker has run another file. */
import { type D1Migration, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { appliedMigrations, migrationStatements } from '../../scripts/d1-migrations.ts';
import { coldIsolate } from './isolates.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}

async function isEmpty(): Promise<boolean> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE name = 'd1_migrations'",
  ).all();
  const keys = await Promise.all(
    [env.PRICES_KV, env.CACHE_KV, env.SESSIONS_KV].map((kv) => kv.list({ limit: 1 })),
  );
  return results.length === 0 && keys.every((listed) => listed.keys.length === 0);
}

// A call that the last file left under way starts its object anew, on the old storage: that object ends with the next reset.
do {
  await reset();
} while (!(await isEmpty()));
coldIsolate();
// It creates their table.
await appliedMigrations(env.DB);
// All in one batch take a fraction of the time of one by one.
await env.DB.batch(
  migrationStatements(env.TEST_MIGRATIONS).map(({ sql, params }) => env.DB.prepare(sql).bind(...params)),
);
