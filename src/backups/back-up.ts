/**
 * One run of a day's backup: every source as files, and the manifest when all are there.
 *
 * Guarantees: a backup exists if it has its manifest, which is written last and once; until then the backups of earlier days
 * are the good ones. A run that is cut off anywhere leaves whole files, and the next run continues behind them. A run holds one
 * page and one file, whatever the tables hold.
 */
import { errorFields, log } from '../observability/log.ts';
import { lastMigration, sequencesOf } from '../storage/d1/table-rows.ts';
import { dateOf, manifestKey } from './backup-keys.ts';
import { BACKUP_KINDS } from './backup-kinds.ts';
import type { BackupDeps, BackupSource } from './backup-source.ts';
import { deleteObjects } from './expired-backups.ts';
import type { BackupManifest } from './manifest.ts';
import { type StoredFile, storedFiles } from './stored-files.ts';
import { type BackupRun, type Writing, writeSource } from './write-source.ts';

export interface BackupProgress {
  date: string;
  /** `there`: the day had its backup before. `begun`: the next run continues. */
  state: 'there' | 'begun' | 'finished';
}

/** @throws if a source or the bucket fails. Files that are stored by then stay. */
export async function backUp(deps: BackupDeps, run: BackupRun): Promise<BackupProgress> {
  const { storage, db } = deps;
  const date = dateOf(run.startedAtMs);
  const startedAt = new Date(run.startedAtMs).toISOString();
  const progress: BackupProgress = { date, state: 'there' };
  if ((await storage.head(manifestKey(date))) !== null) return progress;
  progress.state = 'begun';

  const migration = await requireMigration(db);
  const sequences = await sequencesOf(db);
  const earlier = await filesOfMigration(deps, run, date, migration);
  const budget = { pages: run.maxPages };
  const missing: BackupManifest['missing'] = [];
  let files: StoredFile[] = [];
  for (const sourcesOf of BACKUP_KINDS) {
    for (const source of await sourcesOf(deps)) {
      if (source.isSealed && run.sealing === null) {
        missing.push({ source: source.name, reason: 'BACKUP_KEY is not set' });
        continue;
      }
      const stored = earlier.get(source.name) ?? [];
      files.push(...stored);
      if (stored.at(-1)?.isLast === true) continue;
      const written = await allOf(source, { storage, run, date, migration, stored, budget });
      if (written === null) {
        // Files of it that are there already are no whole source.
        files = files.filter((file) => file.source !== source.name);
        missing.push({ source: source.name, reason: 'it failed: the log has the reason' });
        continue;
      }
      files.push(...written);
      if (files.at(-1)?.isLast !== true) return progress;
    }
  }

  if ((await requireMigration(db)) !== migration)
    throw new Error('The schema was migrated meanwhile: the next run begins anew.');
  const manifest: BackupManifest = {
    date,
    startedAt: files.map(({ startedAt }) => startedAt).toSorted()[0] ?? startedAt,
    finishedAt: new Date(run.nowMs()).toISOString(),
    migration,
    sequences,
    missing,
    files: files.map(({ key, source, rows, sizeBytes, sha256, sealedWith }) => {
      return { key, source, rows, sizeBytes, sha256, sealedWith };
    }),
  };
  await run.claim();
  await storage.put(manifestKey(date), JSON.stringify(manifest, null, 2), {
    onlyIf: { etagDoesNotMatch: '*' },
    httpMetadata: { contentType: 'application/json' },
  });
  return { ...progress, state: 'finished' };
}

/** The files behind those that are stored. Null if the source fails, and a backup is good without it. */
async function allOf(source: BackupSource, writing: Writing): Promise<StoredFile[] | null> {
  const files: StoredFile[] = [];
  const { run } = writing;
  try {
    for await (const file of writeSource(source, writing)) {
      files.push(file);
      run.stored(file);
    }
  } catch (error) {
    if (source.mayBeMissing !== true) throw error;
    // Another run has the lease, or the bucket fails: then nothing is to be written at all.
    await run.claim();
    log.warn('backups.source_missing', { source: source.name, ...errorFields(error) });
    return null;
  }
  return files;
}

/** By source. Files of an earlier schema are deleted: one backup has one. */
async function filesOfMigration(
  { storage }: BackupDeps,
  run: BackupRun,
  date: string,
  migration: string,
): Promise<Map<string, StoredFile[]>> {
  const bySource = await storedFiles(storage, date);
  const files = [...bySource.values()].flat();
  if (files.every((file) => file.migration === migration)) return bySource;
  await run.claim();
  await deleteObjects(
    storage,
    files.map(({ key }) => key),
  );
  return new Map();
}

async function requireMigration(db: D1Database): Promise<string> {
  const migration = await lastMigration(db);
  if (migration === null) throw new Error('The database has no migrations.');
  return migration;
}
