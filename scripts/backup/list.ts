/** `list`: the backups that exist, oldest first. */
import { finishedDates, readManifest } from '../../src/backups/manifest.ts';
import { table } from '../operations/table.ts';
import type { BackupBucket } from './read-file.ts';

const TITLES = ['date', 'finished', 'files', 'rows', 'MB', 'schema', 'missing'];
const BYTES_A_MB = 1_000_000;

export async function listText(bucket: BackupBucket): Promise<string> {
  const rows: string[][] = [];
  for (const date of await finishedDates(bucket)) {
    const manifest = await readManifest(bucket, date);
    if (manifest === null) continue;
    const { files, finishedAt, migration, missing } = manifest;
    const sum = (of: 'rows' | 'sizeBytes') => files.reduce((total, file) => total + file[of], 0);
    rows.push([
      ...[date, finishedAt, String(files.length), String(sum('rows'))],
      ...[
        (sum('sizeBytes') / BYTES_A_MB).toFixed(1),
        migration,
        missing.map(({ source }) => source).join(' '),
      ],
    ]);
  }
  return rows.length === 0 ? 'There are no backups.' : table(TITLES, rows, ['files', 'rows', 'MB']);
}
