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
export async function applyMigration(db: D1Database, migration: Migration): Promise<void> {
  await db.batch(migrationStatements([migration]).map(({ sql, params }) => db.prepare(sql).bind(...params)));
}

/** The statements that apply them; one batch is one transaction. */
export const migrationStatements = (migrations: readonly Migration[]) =>
  migrations.flatMap(({ name, queries }) => [
    ...queries.map((sql) => ({ sql, params: [] })),
    { sql: 'INSERT INTO d1_migrations (name) VALUES (?1)', params: [name] },
  ]);
