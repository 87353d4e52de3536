/** Before each file: storage as a new gateway's, also where the Worker has run another file. */
import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
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
// Without migrations it only creates their table. All in one batch take a fraction of the time of one by one.
await applyD1Migrations(env.DB, []);
await env.DB.batch(
  env.TEST_MIGRATIONS.flatMap(({ name, queries }) => [
    ...queries.map((query) => env.DB.prepare(query)),
    env.DB.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name),
  ]),
);
