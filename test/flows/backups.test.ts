/** Backups of D1 and the ledgers: what they have, how they survive, and how they come back. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { backUp } from '../../src/backups/back-up.ts';
import {
  BACKED_UP_TABLES,
  LEFT_OUT_TABLES,
  REBUILT_TABLES,
  SEALED_TABLES,
} from '../../src/backups/backed-up-tables.ts';
import { type BackupManifest, finishedDates, readManifest } from '../../src/backups/manifest.ts';
import { backupSealing, openSealed } from '../../src/backups/sealing.ts';
import { BACKUP_FILE_BYTES } from '../../src/config.ts';
import type { JobDeps } from '../../src/sync/job.ts';
import {
  BACKED_UP_POOLS,
  emptyBucket,
  fillDatabase,
  giveLedgers,
  linesOfLedger,
} from '../support/backups.ts';
import { type Bench, createBench, syncOf } from './sync-bench.ts';

const DAY = 86_400;
const KEYS = [{ kid: 'k1', key: 'a key of backups with 32 characters' }];
const SEALING = backupSealing(KEYS);
const HASH_CANARY = 'canary-of-a-hash';
const SESSION_CANARY = 'canary-of-a-session';

const SIZES = { projects: 5_000, investments: 10_000 };
const SMALL = { projects: 300, investments: 60 };
const LEDGERS = new Map(BACKED_UP_POOLS.map((pool, at) => [pool, linesOfLedger(pool, 700 * at + 3)]));
const SOURCES = [
  ...BACKED_UP_TABLES.map((table) => `database/${table}`),
  ...BACKED_UP_POOLS.map((pool) => `ledger/${pool}`),
];

let bench: Bench;
beforeEach(async () => {
  await emptyBucket();
  bench = await createBench({ projectCount: 1 });
});

const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
const today = () => dateOf(bench.now());
const run = (deps: Partial<JobDeps> = {}) =>
  syncOf({ ...bench.deps, backupSealing: SEALING, ...deps }).runJob('backups');
const manifestOf = async (date = today()) => (await readManifest(env.STORAGE, date)) as BackupManifest;
const keysUnder = async (prefix: string) =>
  (await env.STORAGE.list({ prefix })).objects.map(({ key }) => key);

/** By source: the lines of its files, which are plain. */
async function linesOf({ files }: BackupManifest): Promise<Map<string, string[]>> {
  const lines = new Map<string, string[]>();
  for (const { key, source, rows, sealedWith } of files.filter((file) => file.sealedWith === null)) {
    const object = await env.STORAGE.get(key);
    if (object === null) throw new Error(`no ${key}`);
    const text = await new Response(object.body.pipeThrough(new DecompressionStream('gzip'))).text();
    const own = text.split('\n').slice(0, -1);
    expect([source, sealedWith, own.length]).toEqual([source, null, rows]);
    lines.set(source, [...(lines.get(source) ?? []), ...own]);
  }
  return lines;
}

/** By source, as they are now. */
async function storedLines(): Promise<Map<string, string[]>> {
  const lines = new Map<string, string[]>(
    [...LEDGERS].map(([pool, own]): [string, string[]] => [`ledger/${pool}`, own]),
  );
  for (const table of BACKED_UP_TABLES.filter((name) => !SEALED_TABLES.has(name))) {
    const key = env.DB.prepare('SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk').bind(table);
    const order = (await key.all<{ name: string }>()).results.map(({ name }) => name).join(', ');
    // The runs of this very job change while it works.
    const where = table === 'sync_run' ? "WHERE job <> 'backups'" : '';
    const { results } = await env.DB.prepare(`SELECT * FROM ${table} ${where} ORDER BY ${order}`).all();
    lines.set(
      `database/${table}`,
      results.map((row) => JSON.stringify(row)),
    );
  }
  return lines;
}

/** Runs of this very job are among the lines of a backup. */
const withoutOwnRuns = (lines: Map<string, string[]>) =>
  new Map([
    ...lines,
    [
      'database/sync_run',
      (lines.get('database/sync_run') ?? []).filter((line) => !line.includes('"job":"backups"')),
    ],
  ] as [string, string[]][]);

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
  test('has every row and every entry, in pages and files of bounded size', async () => {
    await fillDatabase(env.DB, SIZES);
    const ledgers = await giveLedgers(env.DB, LEDGERS);
    const sizes = { answer: 0, file: 0 };
    const db = observed(bench.deps.db, (rows) => {
      sizes.answer = Math.max(sizes.answer, JSON.stringify(rows).length);
    });
    const put: R2Bucket['put'] = (async (key: string, bytes: Uint8Array, options: R2PutOptions) => {
      sizes.file = Math.max(sizes.file, bytes.length);
      return env.STORAGE.put(key, bytes, options);
    }) as never;
    const storage = { ...bucketWith({}), put };
    const result = await run({ ledgers, db, storage });
    const { files, missing, migration } = await manifestOf();
    expect(result).toMatchObject({
      ...{ outcome: 'ok', firstError: null, written: files.length },
      read: files.reduce((sum, { rows }) => sum + rows, 0),
    });
    expect([missing, migration]).toEqual([[], env.TEST_MIGRATIONS.at(-1)?.name]);
    expect(new Set(files.map(({ source }) => source))).toEqual(new Set(SOURCES));
    expect(withoutOwnRuns(await linesOf(await manifestOf()))).toEqual(await storedLines());
    expect(sizes.answer).toBeLessThan(2_500_000);
    expect(sizes.file).toBeLessThan(BACKUP_FILE_BYTES);
    expect(files.filter(({ source }) => source === 'database/project_cache').length).toBeGreaterThan(1);
  });

  test('has password hashes encrypted alone, and no session', async () => {
    await fillDatabase(env.DB, SMALL);
    await run({ ledgers: await giveLedgers(env.DB, LEDGERS) });
    const manifest = await manifestOf();
    const plain = [...(await linesOf(manifest)).values()].flat().join('\n');
    expect(plain).toContain('user7@example.com');
    expect(plain).not.toContain(HASH_CANARY);
    expect(plain).not.toContain(SESSION_CANARY);
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
    const keys = await keysUnder('');
    bench.d1Calls();
    await bench.advance(3_600);
    expect(await run()).toMatchObject({ outcome: 'ok', read: 0, written: 0 });
    expect(bench.d1Calls()).toBe(2);
    expect(await keysUnder('')).toEqual(keys);
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
      const result = await run({ ledgers, storage: { ...bucketWith({}), put } });
      outcome = result.outcome;
      expect(result.written).toBe(Math.min(puts, runs) - (outcome === 'ok' ? 1 : 0));
      await bench.advance(60);
    }
    expect(runs).toBeGreaterThan(5);
    expect(await finishedDates(env.STORAGE)).toEqual([before.date, today()]);
    expect(withoutOwnRuns(await linesOf(await manifestOf()))).toEqual(await storedLines());
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
        { db: env.DB, storage: env.STORAGE, ledgers },
        { ...asked, startedAtMs: bench.now() * 1000, stored: ({ key }) => void files.push(key) },
      );
      state = progress.state;
      await bench.advance(1);
    }
    const manifest = await manifestOf();
    expect(manifest.files.map(({ key }) => key)).toEqual(files);
    expect(files.filter((key) => key.includes('/project_cache')).length).toBeGreaterThan(2);
    expect(files.filter((key) => key.startsWith('backups/ledger/')).length).toBeGreaterThan(5);
    expect(withoutOwnRuns(await linesOf(manifest))).toEqual(await storedLines());
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
    await run({ ledgers, storage: { ...bucketWith({}), put } });
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
    if (isFinished) await env.STORAGE.put(`backups/database/${date}/manifest.json`, 'x');
  };
  const daysAgo = (days: number) => dateOf(bench.now() - days * DAY);
  const dates = async (prefix: string) => [
    ...new Set(
      (await keysUnder(prefix)).map((key) => /\d{4}-\d\d-\d\d(?=\/)/.exec(key)?.[0]).filter(Boolean),
    ),
  ];

  test('go when a newer one is good: those of more than 35 days, and those that were cut off', async () => {
    await putBackup(daysAgo(36), true);
    await putBackup(daysAgo(35), true);
    await putBackup(daysAgo(2), false);
    await putBackup(daysAgo(1), true);
    await run();
    expect(await dates('backups/database/')).toEqual([daysAgo(35), daysAgo(1), today()]);
    expect(await dates('backups/ledger/')).toEqual([daysAgo(35), daysAgo(1)]);
    expect(await dates('backups/logs/')).toEqual([daysAgo(35), daysAgo(2), daysAgo(1)]);
    // The last entries of ledgers are for ever: whoever changes a ledger cannot change these.
    expect(await keysUnder(`backups/ledger/${daysAgo(36)}`)).toEqual([`backups/ledger/${daysAgo(36)}.json`]);
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
    expect((await keysUnder(`backups/database/${daysAgo(90)}`)).length).toBe(2);
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

function bucketWith(changed: Partial<R2Bucket>): JobDeps['storage'] {
  const { STORAGE } = env;
  const own = {
    ...{ get: STORAGE.get.bind(STORAGE), head: STORAGE.head.bind(STORAGE), list: STORAGE.list.bind(STORAGE) },
    ...{ put: STORAGE.put.bind(STORAGE), delete: STORAGE.delete.bind(STORAGE) },
  };
  return { ...own, ...changed } as JobDeps['storage'];
}

/** Shows the rows of each `all`. */
function observed(db: D1Database, show: (rows: unknown[]) => void): D1Database {
  const observedStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => observedStatement(target.bind(...values));
        if (name === 'all')
          return async () => {
            const answer = await target.all();
            show(answer.results);
            return answer;
          };
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => observedStatement(target.prepare(sql));
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
