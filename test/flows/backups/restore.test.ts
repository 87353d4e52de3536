/** The check of a backup, and its restore. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { handOverWrites } from '../../../scripts/backup/hand-over.ts';
import { type RestoreSources, restoreBackup } from '../../../scripts/backup/restore.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { BACKED_UP_TABLES } from '../../../src/backups/backed-up-tables.ts';
import { dateOf } from '../../../src/backups/backup-keys.ts';
import { type BackupManifest, readManifest } from '../../../src/backups/manifest.ts';
import { BACKUP_FILE_BYTES } from '../../../src/config.ts';
import type { Ledgers } from '../../../src/investing/ledger-client.ts';
import type { JobDeps } from '../../../src/sync/job.ts';
import {
  BACKED_UP_POOLS,
  dropAll,
  fillDatabase,
  giveLedgers,
  KEYS,
  ledgersOfPools,
  linesOfTable,
  linesOfTables,
  SEALING,
  schemaOf,
} from '../../support/backups.ts';
import { bucketWith, emptyBucket } from '../../support/bucket.ts';
import { sha256 } from '../../support/investing/written-ledger.ts';
import { failingD1, observed } from '../../support/watched-d1.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';

const DAY = 86_400;
const LEDGERS = ledgersOfPools();
const [POOL = ''] = BACKED_UP_POOLS;
const SMALL = { projects: 40, investments: 30 };

let bench: Bench;
beforeEach(() => dropAll(env.EMPTY_DB));

async function startBench(): Promise<void> {
  await emptyBucket();
  bench = await createBench({ projectCount: 1 });
}

async function backedUp(deps: Partial<JobDeps> = {}, size = SMALL): Promise<BackupManifest> {
  await fillDatabase(env.DB, size);
  const ledgers = (await giveLedgers(env.DB, LEDGERS)) as Ledgers;
  const sync = syncOf({ ...bench.deps, ledgers, backupSealing: SEALING, ...deps });
  const { outcome, firstError } = await sync.runJob('backups');
  expect([outcome, firstError]).toEqual(['ok', null]);
  return (await readManifest(env.STORAGE, dateOf(bench.now() * 1000))) as BackupManifest;
}

const restored = (manifest: BackupManifest, changed: Partial<RestoreSources> = {}) =>
  restoreBackup({
    ...{ bucket: env.STORAGE, db: env.EMPTY_DB, manifest, keys: KEYS, withoutPasswords: false },
    ...{ migrations: env.TEST_MIGRATIONS, nowMs: bench.deps.nowMs, report: () => undefined },
    ...changed,
  });

async function handedOver(manifest: BackupManifest): Promise<Record<string, string[]>> {
  await env.DB.batch(handOverWrites(env.DB, manifest, bench.deps.nowMs()));
  return linesOfTables(env.DB);
}

test('5,000 projects, 10,000 investments and three ledgers come back row by row, by pages and files of bounded size', async () => {
  await startBench();
  let answerBytes = 0;
  const db = observed(bench.deps.db, (rows) => {
    answerBytes = Math.max(answerBytes, JSON.stringify(rows).length);
  });
  const manifest = await backedUp({ db }, { projects: 5_000, investments: 10_000 });
  expect(answerBytes).toBeLessThan(2_500_000);
  expect(Math.max(...manifest.files.map(({ sizeBytes }) => sizeBytes))).toBeLessThan(BACKUP_FILE_BYTES);

  const { faults, ledgers, rows, unopened } = await verifyBackup(env.STORAGE, manifest, KEYS);
  expect([faults, ledgers, unopened]).toEqual([[], 3, []]);
  expect(rows).toBe(manifest.files.reduce((sum, file) => sum + file.rows, 0));

  const result = await restored(manifest);
  expect(result).toMatchObject({ tables: BACKED_UP_TABLES.length, ledgers: 3, orphans: 0 });
  expect(await linesOfTables(env.EMPTY_DB)).toEqual(await handedOver(manifest));
  expect(await schemaOf(env.EMPTY_DB)).toEqual(await schemaOf(env.DB));

  // The sale feed remembers positions that were given after the backup.
  const position = env.EMPTY_DB.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'sale_change'");
  expect(await position.first('seq')).toBeGreaterThan(
    1e9 + (manifest.sequences.sale_change ?? Number.NaN) - 1,
  );

  // Documents whose keys are in no backup go, with their objects.
  expect((await linesOfTable(env.EMPTY_DB, 'user_file')).join('')).not.toContain('passport');
  expect((await linesOfTable(env.EMPTY_DB, 'object_deletion')).length).toBe(50);

  // Derived tables too.
  expect(await linesOfTable(env.EMPTY_DB, 'project_label')).toEqual(
    await linesOfTable(env.DB, 'project_label'),
  );
  const search = 'SELECT rowid FROM project_search WHERE project_search MATCH ? ORDER BY rowid';
  const found = async (of: D1Database) => (await of.prepare(search).bind('"ect 432"').all()).results;
  expect(await found(env.EMPTY_DB)).toEqual(await found(env.DB));
  expect((await found(env.EMPTY_DB)).length).toBe(11);
  await env.EMPTY_DB.exec("UPDATE project_cache SET search_text = 'another text' WHERE id = 'project-432'");
  expect((await found(env.EMPTY_DB)).length).toBe(10);
});

describe('of a backup', () => {
  let manifest: BackupManifest;
  /** By key. */
  let objects: Map<string, Uint8Array<ArrayBuffer>>;
  let handed: Record<string, string[]>;
  beforeAll(async () => {
    await startBench();
    manifest = await backedUp();
    objects = new Map();
    for (const { key } of manifest.files) {
      const object = await env.STORAGE.get(key);
      objects.set(key, new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer()));
    }
    handed = await handedOver(manifest);
  });
  afterEach(async () => {
    for (const key of changedKeys.splice(0)) await env.STORAGE.put(key, objects.get(key) ?? '');
  });
  const changedKeys: string[] = [];
  const change = async (key: string, bytes: Uint8Array | null) => {
    changedKeys.push(key);
    await (bytes === null ? env.STORAGE.delete(key) : env.STORAGE.put(key, bytes));
  };
  const fileOf = (source: string) => {
    const file = manifest.files.find((one) => one.source === source);
    if (file === undefined) throw new Error(`no ${source}`);
    return file;
  };

  describe('verify', () => {
    const faultsOf = async (changed = manifest) => (await verifyBackup(env.STORAGE, changed, KEYS)).faults;
    test.each(['database/user_account', 'database/user_password', `ledger/${POOL}`])(
      'names %s if one of its bytes is another, if it is cut, and if it is missing',
      async (source) => {
        const { key, sizeBytes } = fileOf(source);
        const bytes = new Uint8Array(objects.get(key) ?? []);
        for (const at of [0, Math.floor(sizeBytes / 2), sizeBytes - 1]) {
          const changed = bytes.slice();
          changed[at] = (changed[at] ?? 0) ^ 1;
          await change(key, changed);
          expect(await faultsOf()).toEqual([{ where: key, reason: 'its bytes were changed' }]);
        }
        await change(key, bytes.slice(1));
        const reason = `it has ${sizeBytes - 1} bytes instead of ${sizeBytes}`;
        expect(await faultsOf()).toEqual([{ where: key, reason }]);
        await change(key, null);
        expect(await faultsOf()).toEqual([{ where: key, reason: 'it is missing' }]);
        await change(key, bytes);
        expect(await faultsOf()).toEqual([]);
      },
    );

    test('names a file with another number of rows than the manifest says', async () => {
      const { key, rows } = fileOf('database/candle');
      const files = manifest.files.map((file) => (file.key === key ? { ...file, rows: rows + 1 } : file));
      const reason = `it has ${rows} rows instead of ${rows + 1}`;
      expect(await faultsOf({ ...manifest, files })).toEqual([{ where: key, reason }]);
    });

    test('finds what a person who also changes the manifest has done to a ledger', async () => {
      const rewritten = async (lines: readonly string[]) => {
        const { key } = fileOf(`ledger/${POOL}`);
        const stream = new Blob(lines.map((line) => `${line}\n`))
          .stream()
          .pipeThrough(new CompressionStream('gzip'));
        const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
        await change(key, bytes);
        const fields = { rows: lines.length, sizeBytes: bytes.length, sha256: sha256(bytes) };
        const files = manifest.files.map((file) => (file.key === key ? { ...file, ...fields } : file));
        return faultsOf({ ...manifest, files });
      };
      const lines = LEDGERS.get(POOL) ?? [];
      const where = `ledger/${POOL}`;
      expect(await rewritten(lines)).toEqual([]);
      const [fault] = await rewritten([
        lines[0] ?? '',
        (lines[1] ?? '').replace('"1"', '"9"'),
        ...lines.slice(2),
      ]);
      expect(fault).toMatchObject({ where });
      expect(fault?.reason).toContain('breaks at entry 2');
      expect(await rewritten(lines.slice(0, 1))).toEqual([
        { where, reason: 'the ledger ends before entry 2, which is known' },
      ]);
      expect(await rewritten(LEDGERS.get(BACKED_UP_POOLS[1] ?? '') ?? [])).toMatchObject([{ where }]);
      const without = manifest.files.filter(({ source }) => source !== where);
      expect(await faultsOf({ ...manifest, files: without })).toEqual([
        { where, reason: 'the database names its entries, and it is missing' },
      ]);
    });

    test('says which files no key opens', async () => {
      const { faults, unopened } = await verifyBackup(env.STORAGE, manifest, undefined);
      expect([faults, unopened]).toEqual([[], [fileOf('database/user_password').key]]);
    });
  });

  describe('a restore', () => {
    test('changes nothing if the backup is broken, or the database has rows or another schema', async () => {
      const { key } = fileOf('database/candle');
      await change(key, null);
      await expect(restored(manifest)).rejects.toThrow(`${key}: it is missing`);
      expect(await schemaOf(env.EMPTY_DB)).toEqual([]);
      await change(key, objects.get(key) ?? null);

      const before = await linesOfTables(env.DB);
      await expect(restored(manifest, { db: env.DB })).rejects.toThrow('The database is not empty: ');
      expect(await linesOfTables(env.DB)).toEqual(before);

      await env.EMPTY_DB.exec('CREATE TABLE other (id INTEGER PRIMARY KEY)');
      await expect(restored(manifest)).rejects.toThrow('The database has tables that no migration made');
      await dropAll(env.EMPTY_DB);
      const newer = { ...manifest, migration: '9999_later.sql' };
      await expect(restored(newer)).rejects.toThrow('take newer code');
      expect(await schemaOf(env.EMPTY_DB)).toEqual([]);
    });

    test('takes a database that has its migrations alone, and neither a newer schema nor one that is restored', async () => {
      await restored({ ...manifest, files: [] });
      const older = { ...manifest, migration: env.TEST_MIGRATIONS[3]?.name ?? '' };
      await expect(restored(older)).rejects.toThrow('The schema of the database is not one before');
      await restored(manifest);
      expect(await linesOfTables(env.EMPTY_DB)).toEqual(handed);
      await expect(restored(manifest)).rejects.toThrow('The database is not empty: ');
    });

    test('that is cut off is continued, and no other one is begun in its database', async () => {
      let runs = 0;
      for (let isDone = false; !isDone; runs += 1) {
        let writes = 2 + 2 * runs;
        const db = failingD1(env.EMPTY_DB, () => {
          writes -= 1;
          return writes < 0;
        });
        try {
          await restored(manifest, { db });
          isDone = true;
        } catch (error) {
          expect(String(error)).toContain('D1 is down');
          const other = { ...manifest, finishedAt: 'another time' };
          const begun = `A restore of ${manifest.date} ${manifest.finishedAt} was begun`;
          if (runs === 6) await expect(restored(other)).rejects.toThrow(begun);
        }
      }
      expect(runs).toBeGreaterThan(7);
      expect(await linesOfTables(env.EMPTY_DB)).toEqual(handed);
      expect(await schemaOf(env.EMPTY_DB)).toEqual(await schemaOf(env.DB));
    });

    test('leaves out passwords if no key opens them, and only if it is asked to', async () => {
      await expect(restored(manifest, { keys: undefined })).rejects.toThrow('No key in BACKUP_KEY opens');
      expect(await schemaOf(env.EMPTY_DB)).toEqual([]);
      await restored(manifest, { keys: undefined, withoutPasswords: true });
      expect(await linesOfTables(env.EMPTY_DB)).toEqual({ ...handed, user_password: [] });
    });
  });
});

describe('a backup and a restore', () => {
  beforeEach(startBench);

  test('leaves out rows of an account that was opened while the backup was made', async () => {
    const put = (async (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
      const stored = await env.STORAGE.put(key, ...rest);
      if (key.endsWith('/user_account.ndjson.gz'))
        await env.DB.batch([
          env.DB.prepare("INSERT INTO user_account (id, last_active_at, created_at) VALUES ('late', 1, 1)"),
          env.DB.prepare("INSERT INTO user_password (user_id, hash, changed_at) VALUES ('late', 'x', 1)"),
        ]);
      return stored;
    }) as R2Bucket['put'];
    const manifest = await backedUp({ storage: bucketWith({ put }) });
    expect(await restored(manifest)).toMatchObject({ orphans: 1 });
    expect((await linesOfTable(env.EMPTY_DB, 'user_password')).length).toBe(50);
  });

  test('brings no closed account back: the next job erases those that were closed since', async () => {
    await bench.control('DELETE', '/users/usr_1');
    await bench.sync.runJob('closed-users');
    await bench.advance(DAY);
    const manifest = await backedUp();
    await bench.advance(20 * DAY);
    await bench.control('DELETE', '/users/usr_7');
    await bench.sync.runJob('closed-users');
    await bench.advance(5 * DAY);
    await bench.sync.runJob('closed-users');
    await restored(manifest);
    const accounts = async () => (await linesOfTable(env.EMPTY_DB, 'user_account')).join('\n');
    expect(await accounts()).toContain('"usr_7"');
    await syncOf({ ...bench.deps, db: env.EMPTY_DB }).runJob('closed-users');
    expect(await accounts()).not.toContain('"usr_7"');
    expect((await linesOfTable(env.EMPTY_DB, 'user_password')).join('\n')).not.toContain('"usr_7"');
  });
});
