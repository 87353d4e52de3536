/**
 * Leaves a database as a migration does that fails before its end: each table has another column already, and one statement
 * is refused. A batch would take all of it back; an import may not.
 */
export async function migrateHalfWay(db: D1Database): Promise<void> {
  const tables = await db
    .prepare(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'`)
    .all<{ name: string }>();
  const own = tables.results.filter(({ name }) => !/^(sqlite|_cf|d1)_/.test(name));
  for (const { name } of own) await db.prepare(`ALTER TABLE ${name} ADD COLUMN planted TEXT`).run();
  const refused = await db
    .prepare('CREATE TABLE user_account (id TEXT)')
    .run()
    .then(
      () => null,
      (error: unknown) => String(error),
    );
  if (refused === null || own.length === 0) throw new Error('the planted migration did not fail half way');
}
