/** Migrations of a database, recorded as `wrangler d1 migrations apply` records them: it may follow on the same database. */

export interface Migration {
  /** The name of its file. */
  name: string;
  queries: readonly string[];
}

const MIGRATIONS_TABLE_SQL = `
  CREATE TABLE IF NOT EXISTS d1_migrations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT UNIQUE,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
  )`;

/** The names of migrations that were applied, in their order. */
export async function appliedMigrations(db: D1Database): Promise<string[]> {
  await db.prepare(MIGRATIONS_TABLE_SQL).run();
  const { results } = await db.prepare('SELECT name FROM d1_migrations ORDER BY id').all<{ name: string }>();
  return results.map(({ name }) => name);
}

/** As a whole or not at all. */
export const applyMigration = (db: D1Database, migration: Migration): Promise<void> =>
  applyMigrations(db, [migration]);

/** All of them in one transaction, which takes a fraction of the time of one after another. */
export async function applyMigrations(db: D1Database, migrations: readonly Migration[]): Promise<void> {
  if (migrations.length === 0) return;
  await db.batch(
    migrations.flatMap(({ name, queries }) => [
      ...queries.map((query) => db.prepare(query)),
      db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name),
    ]),
  );
}
