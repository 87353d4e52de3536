/**
 * Writes a backup into an empty database.
 *
 * Guarantees: nothing is written before every object of the backup is found good and the database empty. Triggers are off while
 * rows are written, so the rows are those of the backup and no others; the end puts them back in one step. A restore that was
 * cut off is called again: it continues behind the last whole table.
 */
import { REBUILT_TABLES } from '../../src/backups/backed-up-tables.ts';
import { DATABASE_PREFIX } from '../../src/backups/backup-keys.ts';
import type { BackupFile, BackupManifest } from '../../src/backups/manifest.ts';
import { quoted, tableShapes } from '../../src/storage/d1/table-rows.ts';
import type { Migration } from '../d1-migrations.ts';
import { refusal } from '../operations/command-failure.ts';
import { prepareDatabase } from './empty-database.ts';
import { handOverWrites } from './hand-over.ts';
import { TableLoader } from './load-table.ts';
import { type BackupBucket, type BackupKeys, readBackupFile } from './read-file.ts';
import { verifyBackup } from './verify.ts';

export interface RestoreSources {
  bucket: BackupBucket;
  /** The database that it restores into. */
  db: D1Database;
  manifest: BackupManifest;
  migrations: readonly Migration[];
  keys: BackupKeys;
  /** Leaves out what no key opens: nobody signs in with a password then. */
  withoutPasswords: boolean;
  nowMs(): number;
  /** Called with a line for each table. */
  report(line: string): void;
}

export interface Restored {
  tables: number;
  rows: number;
  ledgers: number;
  /** Rows of accounts that were opened or closed while the backup was made. */
  orphans: number;
}

const TABLE = 'database/';
const STATE = 'backup_restore';

/** @throws CommandFailure if the backup is not good, or the database not empty */
export async function restoreBackup(sources: RestoreSources): Promise<Restored> {
  const { bucket, db, manifest, migrations, keys } = sources;
  const { faults, ledgers, unopened } = await verifyBackup(bucket, manifest, keys);
  if (faults.length > 0)
    throw refusal('BROKEN_BACKUP', faults.map(({ where, reason }) => `${where}: ${reason}`).join('\n'));
  // Rooms are no part of the database.
  const missing = [
    ...unopened.filter((key) => key.startsWith(DATABASE_PREFIX)),
    ...manifest.missing.map(({ source }) => source).filter((source) => source.startsWith(TABLE)),
  ];
  if (missing.length > 0 && !sources.withoutPasswords)
    throw refusal(
      'NO_KEY',
      `No key in BACKUP_KEY opens ${missing.join(', ')}. With --without-passwords it is left out: nobody signs in with a password then.`,
    );

  const name = `${manifest.date} ${manifest.finishedAt}`;
  const begun = await readState(db);
  if (begun !== null && begun.get('backup') !== name)
    throw refusal(
      'NOT_EMPTY',
      `A restore of ${begun.get('backup')} was begun in this database. Restore into a new one.`,
    );
  if (begun === null) {
    await prepareDatabase(db, migrations, manifest.migration);
    await begin(db, name, manifest);
  }

  const restored: Restored = { tables: 0, rows: 0, ledgers, orphans: 0 };
  const bySource = Map.groupBy(manifest.files, ({ source }) => source);
  for (const [source, files] of bySource) {
    if (!source.startsWith(TABLE) || files.some(({ key }) => unopened.includes(key))) continue;
    const table = source.slice(TABLE.length);
    const done = begun?.get(`table ${table}`);
    const { rows, orphans } =
      done === undefined ? await restoreTable(sources, table, files) : JSON.parse(done);
    restored.tables += 1;
    restored.rows += rows;
    restored.orphans += orphans;
  }
  for (const statements of Object.values(REBUILT_TABLES))
    await db.batch(statements.map((statement) => db.prepare(statement)));
  await end(sources);
  return restored;
}

/** The notes of a restore in the database; null if none has begun. */
async function readState(db: D1Database): Promise<Map<string, string> | null> {
  const exists = await db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?1').bind(STATE).first();
  if (exists === null) return null;
  const { results } = await db
    .prepare(`SELECT name, value FROM ${STATE} ORDER BY name`)
    .all<{ name: string; value: string }>();
  return new Map(results.map(({ name, value }) => [name, value]));
}

async function begin(db: D1Database, name: string, { files }: BackupManifest): Promise<void> {
  const triggers = await db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
    .all<{ name: string; sql: string }>();
  const tables = new Set(files.map(({ source }) => source).filter((source) => source.startsWith(TABLE)));
  const note = `INSERT INTO ${STATE} (name, value) VALUES (?1, ?2)`;
  await db.batch([
    db.prepare(`CREATE TABLE ${STATE} (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`),
    db.prepare(note).bind('backup', name),
    ...triggers.results.flatMap(({ name: trigger, sql }, at) => [
      db.prepare(note).bind(`trigger ${String(at).padStart(4, '0')}`, sql),
      db.prepare(`DROP TRIGGER ${quoted(trigger)}`),
    ]),
    // Rows that migrations have written.
    ...[...tables].map((source) => db.prepare(`DELETE FROM ${quoted(source.slice(TABLE.length))}`)),
  ]);
}

async function restoreTable(
  { bucket, db, keys, report }: RestoreSources,
  table: string,
  files: readonly BackupFile[],
): Promise<{ rows: number; orphans: number }> {
  const shape = (await tableShapes(db)).get(table);
  if (shape === undefined) throw refusal('OTHER_SCHEMA', `The database has no table ${table}.`);
  const loader = await TableLoader.of(db, table, shape);
  for (const file of files) {
    const read = await readBackupFile(bucket, file, keys);
    if (read.state !== 'read') throw refusal('BROKEN_BACKUP', `${file.key} was changed meanwhile.`);
    await loader.load(read.lines);
  }
  const rows = (await db.prepare(`SELECT count(*) AS rows FROM ${quoted(table)}`).first<number>('rows')) ?? 0;
  const { orphans } = loader;
  const expected = files.reduce((sum, file) => sum + file.rows, 0) - orphans;
  if (rows !== expected)
    throw refusal('OTHER_COUNT', `${table} has ${rows} rows behind the restore, instead of ${expected}.`);
  await db
    .prepare(`INSERT INTO ${STATE} (name, value) VALUES (?1, ?2)`)
    .bind(`table ${table}`, JSON.stringify({ rows, orphans }))
    .run();
  report(
    `${table}: ${rows} rows${orphans === 0 ? '' : `, and ${orphans} of accounts that the backup does not have`}`,
  );
  return { rows, orphans };
}

/** Behind it the database is as a gateway needs it, and knows nothing of the restore. */
async function end({ db, manifest, nowMs }: RestoreSources): Promise<void> {
  const state = (await readState(db)) ?? new Map<string, string>();
  const triggers = [...state].filter(([name]) => name.startsWith('trigger ')).map(([, sql]) => sql);
  await db.batch([
    ...triggers.map((sql) => db.prepare(sql)),
    ...handOverWrites(db, manifest, nowMs()),
    db.prepare(`DROP TABLE ${STATE}`),
  ]);
}
