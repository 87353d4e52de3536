/** The rows of each table, as JSON objects. */
import { tablePages, tableShapes } from '../storage/d1/table-rows.ts';
import { BACKED_UP_TABLES, SEALED_TABLES } from './backed-up-tables.ts';
import { DATABASE_PREFIX } from './backup-keys.ts';
import type { BackupDeps, BackupPage, BackupSource } from './backup-source.ts';

export async function tableSources({ db }: BackupDeps): Promise<BackupSource[]> {
  const shapes = await tableShapes(db);
  return BACKED_UP_TABLES.map((table) => {
    const shape = shapes.get(table);
    if (shape === undefined) throw new Error(`D1 has no table ${table}: apply its migrations`);
    return {
      name: `database/${table}`,
      file: { prefix: DATABASE_PREFIX, name: table, extension: 'ndjson.gz' },
      isSealed: SEALED_TABLES.has(table),
      async *pages(after): AsyncGenerator<BackupPage> {
        const key = after === null ? null : (JSON.parse(after) as string[]);
        for await (const { rows, upTo } of tablePages(db, table, shape, key)) {
          const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
          yield { lines, rows: rows.length, upTo: JSON.stringify(upTo) };
        }
      },
    };
  });
}
