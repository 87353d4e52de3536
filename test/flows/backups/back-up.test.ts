/** Backups of D1 and the ledgers: what they have, what survives a run that is cut off, and how long they are kept. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { backUp } from '../../../src/backups/back-up.ts';
import {
  BACKED_UP_TABLES,
  LEFT_OUT_TABLES,
  REBUILT_TABLES,
  SEALED_TABLES,
} from '../../../src/backups/backed-up-tables.ts';
import { dateOf } from '../../../src/backups/backup-keys.ts';
import { type BackupManifest, finishedDates, readManifest } from '../../../src/backups/manifest.ts';
import { openSealed } from '../../../src/backups/sealing.ts';
import type { JobDeps } from '../../../src/sync/job.ts';
import {
  BACKED_UP_POOLS,
  fillDatabase,
  giveLedgers,
  HASH_CANARY,
  KEY_CANARY,
  KEYS,
  ledgersOfPools,
  linesOf,
  linesOfTable,
  SEALING,
  SESSION_CANARY,
} from '../../support/backups.ts';
import { bucketWith, emptyBucket } from '../../support/bucket.ts';
import { keysIn } from '../../support/stored-keys.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';

const DAY = 86_400;
const SMALL = { projects: 300, investments: 60 };
const LEDGERS = ledgersOfPools();
const SOURCES = [
  ...BACKED_UP_TABLES.map((table) => `database/${table}`),
  ...BACKED_UP_POOLS.map((pool) => `ledger/${pool}`),
];

let bench: Bench;
beforeEach(async () => {
  await emptyBucket();
  bench = await createBench({ projectCount: 1 });
});

const today = () => dateOf(bench.now() * 1000);
const run = (deps: Partial<JobDeps> = {}) =>
  syncOf({ ...bench.deps, backupSealing: SEALING, ...deps }).runJob('backups');
const manifestOf = async (date = today()) => (await readManifest(env.STORAGE, date)) as BackupManifest;

test('every table of D1 is backed up, rebuilt, or left out for a reason', async () => {
  const { results } = await env.DB.prepare(
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite%'
       AND name <> 'd1_migrations' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
  ).all<{ name: string }>();
  const decided = [...BACKED_UP_TABLES, ...Object.keys(REBUILT_TABLES), ...Object.keys(LEFT_OUT_TABLES)];
  expect(decided.toSorted()).toEqual(results.map(({ name }) => name).sort());
  expect(BACKED_UP_TABLES).toEqual(expect.arrayContaining([...SEALED_TABLES]));
});

describe('a backup', () => {
  test('has every row of each table and every entry of each ledger', async () => {
    await fillDatabase(env.DB, SMALL);
    const result = await run({ ledgers: await giveLedgers(env.DB, LEDGERS) });
    const { files, missing, migration } = await manifestOf();
    expect(result).toMatchObject({
      ...{ outcome: 'ok', firstError: null, written: files.length },
      read: files.reduce((sum, { rows }) => sum + rows, 0),
    });
    expect([missing, migration]).toEqual([[], env.TEST_MIGRATIONS.at(-1)?.name]);
    expect(new Set(files.map(({ source }) => source))).toEqual(new Set(SOURCES));
    await expectAllLines(await manifestOf());
  });

  test('has password hashes encrypted alone, and neither sessions nor keys', async () => {
    await fillDatabase(env.DB, SMALL);
    await run({ ledgers: await giveLedgers(env.DB, LEDGERS) });
    const manifest = await manifestOf();
    const plain = [...(await linesOf(manifest)).values()].flat().join('\n');
    expect(plain).toContain('user7@example.com');
    expect(plain).not.toContain(HASH_CANARY);
    expect(plain).not.toContain(SESSION_CANARY);
    expect(plain).not.toContain(KEY_CANARY);
    const [sealed, ...others] = manifest.files.filter(({ sealedWith }) => sealedWith !== null);
    expect([sealed?.source, sealed?.rows, sealed?.sealedWith, others]).toEqual([
      'database/user_password',
      50,
      'k1',
      [],
    ]);
    const key = sealed?.key ?? '';
    const stream = async (keys: typeof KEYS, of: string) => {
      const opened = openSealed(keys, { keyId: 'k1', key: of });
      const object = await env.STORAGE.get(key);
      if (opened === null || object === null) throw new Error('nothing to open');
      return new Response(
        (object.body.pipeThrough(opened) as ReadableStream).pipeThrough(new DecompressionStream('gzip')),
      ).text();
    };
    expect((await stream(KEYS, key)).split('\n')[6]).toBe(
      JSON.stringify({ user_id: 'usr_15', hash: `$scrypt$${HASH_CANARY}$usr_15`, changed_at: 1 }),
    );
    await expect(stream([{ kid: 'k1', key: 'another key with 32 characters!!' }], key)).rejects.toThrow();
    await expect(stream(KEYS, 'another object')).rejects.toThrow();
  });

  test('without BACKUP_KEY has everything else, and says what is missing', async () => {
    await fillDatabase(env.DB, SMALL);
    const ledgers = await giveLedgers(env.DB, LEDGERS);
    expect(await run({ ledgers, backupSealing: null })).toMatchObject({ outcome: 'ok' });
    const { files, missing } = await manifestOf();
    expect(missing).toEqual([{ source: 'database/user_password', reason: 'BACKUP_KEY is not set' }]);
    expect(files.map(({ source }) => source)).not.toContain('database/user_password');
    expect(bench.loggedWarnings()).toContainEqual(
      expect.objectContaining({ event: 'backups.secrets_missing', setting: 'BACKUP_KEY' }),
    );
  });

  test('is made once a day: a later run reads one object', async () => {
    expect(await run()).toMatchObject({ outcome: 'ok' });
    const keys = await keysIn('');
    bench.d1Calls();
    await bench.advance(3_600);
    expect(await run()).toMatchObject({ outcome: 'ok', read: 0, written: 0 });
    expect(bench.d1Calls()).toBe(2);
    expect(await keysIn('')).toEqual(keys);
  });
});

describe('a backup that is cut off', () => {
  test('at any change of the bucket, before or behind it, leaves the last good one, and is continued', async () => {
    await fillDatabase(env.DB, SMALL);
    const ledgers = await giveLedgers(env.DB, LEDGERS);
    await run({ ledgers });
    const before = await manifestOf();
    await bench.advance(DAY);
    const stored = new Set<string>();
    let runs = 0;
    for (let outcome = 'failed'; outcome !== 'ok'; runs += 1) {
      expect(await finishedDates(env.STORAGE)).toEqual([before.date]);
      expect(await manifestOf(before.date)).toEqual(before);
      let puts = 0;
      const put = (async (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
        puts += 1;
        if (puts <= runs) {
          expect(stored).not.toContain(key);
          stored.add(key);
          return env.STORAGE.put(key, ...rest);
        }
        // The object is there, and its answer is lost.
        if (runs % 2 === 1 && !key.endsWith('manifest.json')) {
          stored.add(key);
          await env.STORAGE.put(key, ...rest);
        }
        throw new Error('R2 is down');
      }) as never;
      const result = await run({ ledgers, storage: bucketWith({ put }) });
      outcome = result.outcome;
      expect(result.written).toBe(Math.min(puts, runs) - (outcome === 'ok' ? 1 : 0));
      await bench.advance(60);
    }
    expect(runs).toBeGreaterThan(5);
    expect(await finishedDates(env.STORAGE)).toEqual([before.date, today()]);
    await expectAllLines(await manifestOf());
  });

  test('within a table and within a ledger continues there, and has no row twice', async () => {
    await fillDatabase(env.DB, SMALL);
    const ledgers = await giveLedgers(env.DB, LEDGERS);
    const files: string[] = [];
    const limits = { maxPages: 2, fileBytes: 20_000 };
    const nothing = async () => undefined;
    for (let state = 'begun', runs = 0; state === 'begun'; runs += 1) {
      expect(runs).toBeLessThan(100);
      const asked = { ...limits, sealing: SEALING, nowMs: bench.deps.nowMs, keep: nothing, claim: nothing };
      const progress = await backUp(
        { db: env.DB, storage: env.STORAGE, ledgers, rooms: bench.deps.rooms },
        { ...asked, startedAtMs: bench.now() * 1000, stored: ({ key }) => void files.push(key) },
      );
      state = progress.state;
      await bench.advance(1);
    }
    const manifest = await manifestOf();
    expect(manifest.files.map(({ key }) => key)).toEqual(files);
    expect(files.filter((key) => key.includes('/project_cache')).length).toBeGreaterThan(2);
    expect(files.filter((key) => key.startsWith('backups/ledger/')).length).toBeGreaterThan(5);
    await expectAllLines(manifest);
    expect(Date.parse(manifest.finishedAt) - Date.parse(manifest.startedAt)).toBeGreaterThan(5_000);
  });

  test('by a ledger that does not answer has no manifest until it does', async () => {
    await fillDatabase(env.DB, SMALL);
    const ledgers = await giveLedgers(env.DB, LEDGERS);
    const ofPool = (pool: string) => {
      if (pool === BACKED_UP_POOLS[1]) throw new Error('the ledger is busy');
      return ledgers.ofPool(pool);
    };
    expect(await run({ ledgers: { ...ledgers, ofPool } })).toMatchObject({
      ...{ outcome: 'failed', firstError: 'the ledger is busy' },
      written: SOURCES.length - 1,
    });
    expect(await finishedDates(env.STORAGE)).toEqual([]);
    expect(await run({ ledgers })).toMatchObject({ outcome: 'ok', written: 1 });
    expect(await finishedDates(env.STORAGE)).toEqual([today()]);
  });

  test('by a migration begins anew', async () => {
    await fillDatabase(env.DB, SMALL);
    const ledgers = await giveLedgers(env.DB, LEDGERS);
    let puts = 0;
    const put = (async (...of: Parameters<R2Bucket['put']>) => {
      puts += 1;
      if (puts === 5) throw new Error('R2 is down');
      return env.STORAGE.put(...of);
    }) as never;
    await run({ ledgers, storage: bucketWith({ put }) });
    await env.DB.prepare("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')").run();
    const result = await run({ ledgers });
    await env.DB.prepare("DELETE FROM d1_migrations WHERE name = '9999_later.sql'").run();
    expect(result).toMatchObject({ outcome: 'ok', written: SOURCES.length });
    expect(await manifestOf()).toMatchObject({ migration: '9999_later.sql' });
  });
});

describe('old backups', () => {
  const putBackup = async (date: string, isFinished: boolean) => {
    await env.STORAGE.put(`backups/database/${date}/candle.ndjson.gz`, 'x');
    await env.STORAGE.put(`backups/ledger/${date}/${'a'.repeat(32)}.jsonl.gz`, 'x');
    await env.STORAGE.put(`backups/ledger/${date}.json`, 'x');
    await env.STORAGE.put(`backups/logs/${date}/1.log.gz`, 'x');
    await env.STORAGE.put(`backups/logs/${date.replaceAll('-', '')}/1.log.gz`, 'x');
    if (isFinished) await env.STORAGE.put(`backups/database/${date}/manifest.json`, 'x');
  };
  const daysAgo = (days: number) => dateOf((bench.now() - days * DAY) * 1000);
  const dates = async (prefix: string) => [
    ...new Set((await keysIn(prefix)).map((key) => /\d{4}-\d\d-\d\d(?=\/)/.exec(key)?.[0]).filter(Boolean)),
  ];

  test('go when a newer one is good: those of more than 35 days, and those that were cut off', async () => {
    await putBackup(daysAgo(36), true);
    await putBackup(daysAgo(35), true);
    await putBackup(daysAgo(2), false);
    await putBackup(daysAgo(1), true);
    await run();
    expect(await dates('backups/database/')).toEqual([daysAgo(35), daysAgo(1), today()]);
    expect(await dates('backups/ledger/')).toEqual([daysAgo(35), daysAgo(1)]);
    const logged = [daysAgo(35), daysAgo(2), daysAgo(1)];
    const compact = logged.map((date) => date.replaceAll('-', ''));
    expect(await keysIn('backups/logs/')).toEqual(
      [...logged, ...compact].sort().map((date) => `backups/logs/${date}/1.log.gz`),
    );
    // The last entries of ledgers are for ever: whoever changes a ledger cannot change these.
    expect(await keysIn(`backups/ledger/${daysAgo(36)}`)).toEqual([`backups/ledger/${daysAgo(36)}.json`]);
  });

  test('stay while the new one fails, however old they are', async () => {
    await putBackup(daysAgo(90), true);
    await fillDatabase(env.DB, SMALL);
    const ofPool = () => {
      throw new Error('the ledger is busy');
    };
    await giveLedgers(env.DB, LEDGERS);
    expect((await run({ ledgers: { ofPool, ofInvestment: () => null } })).outcome).toBe('failed');
    expect(await finishedDates(env.STORAGE)).toEqual([daysAgo(90)]);
    expect((await keysIn(`backups/database/${daysAgo(90)}`)).length).toBe(2);
  });

  test('lose their manifest first, so that none is listed that has lost a file', async () => {
    await putBackup(daysAgo(36), true);
    const removed: string[] = [];
    const storage = bucketWith({
      delete: (async (keys: string | string[]) => {
        removed.push(...[keys].flat());
        if (removed.length > 1) throw new Error('R2 is down');
        return env.STORAGE.delete(keys);
      }) as R2Bucket['delete'],
    });
    expect(await run({ storage })).toMatchObject({ outcome: 'failed', firstError: 'R2 is down' });
    expect(removed[0]).toBe(`backups/database/${daysAgo(36)}/manifest.json`);
    expect(await finishedDates(env.STORAGE)).toEqual([today()]);
  });
});

/** The plain files of the backup have the rows of D1 as they are now, and the ledgers' entries. */
async function expectAllLines(manifest: BackupManifest): Promise<void> {
  const lines = await linesOf(manifest);
  for (const [pool, own] of LEDGERS) expect(lines.get(`ledger/${pool}`)).toEqual(own);
  for (const table of BACKED_UP_TABLES.filter((name) => !SEALED_TABLES.has(name))) {
    const rows = await linesOfTable(env.DB, table);
    // The runs of this very job change while it works.
    const isOther = (line: string) => table !== 'sync_run' || !line.includes('"job":"backups"');
    expect(lines.get(`database/${table}`)?.filter(isOther)).toEqual(rows.filter(isOther));
  }
}
