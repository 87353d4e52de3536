/** Makes sure that a database has nothing to lose, and gives it the schema of a backup. */
import { quoted, tableShapes } from '../../src/storage/d1/table-rows.ts';
import { appliedMigrations, applyMigration, type Migration } from '../d1-migrations.ts';
import { refusal } from '../operations/command-failure.ts';

/** Rows that a migration itself writes. */
const ROWS_OF_MIGRATIONS: Readonly<Record<string, string>> = { liveness_copy: 'revision = 0' };

/**
 * Applies migrations up to `last` to a database without rows. Each is applied as a whole or not at all.
 *
 * @throws CommandFailure if the database has rows, tables that no migration made, or a newer schema
 */
export async function prepareDatabase(
  db: D1Database,
  migrations: readonly Migration[],
  last: string,
): Promise<void> {
  const upTo = migrations.findIndex(({ name }) => name === last);
  if (upTo === -1)
    throw refusal(
      'UNKNOWN_MIGRATION',
      `The backup was made behind ${last}, which migrations/ does not have: take newer code.`,
    );
  const shapes = await tableShapes(db);
  for (const table of shapes.keys()) {
    const expected = ROWS_OF_MIGRATIONS[table];
    const where = expected === undefined ? '' : ` WHERE NOT (${expected})`;
    if ((await db.prepare(`SELECT 1 FROM ${quoted(table)}${where} LIMIT 1`).first()) !== null)
      throw refusal('NOT_EMPTY', `The database is not empty: ${table} has rows. Restore into a new one.`);
  }
  const applied = await appliedMigrations(db);
  if (applied.length === 0 && shapes.size > 0)
    throw refusal('NOT_EMPTY', 'The database has tables that no migration made. Restore into a new one.');
  const wanted = migrations.slice(0, upTo + 1);
  const isOther = applied.some((name, at) => name !== wanted[at]?.name);
  if (isOther)
    throw refusal(
      'OTHER_SCHEMA',
      `The schema of the database is not one before ${last}. Restore into a new one.`,
    );
  for (const migration of wanted.slice(applied.length)) await applyMigration(db, migration);
}
