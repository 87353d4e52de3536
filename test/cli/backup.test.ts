/** `npm run backup`, by the commands of docs/backups.md, in a local state of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { prepareDatabase } from '../../scripts/backup/empty-database.ts';
import { readMigrations, withStores } from '../../scripts/backup/stores.ts';
import { backUp } from '../../src/backups/back-up.ts';
import { readManifest } from '../../src/backups/manifest.ts';
import { backupSealing } from '../../src/backups/sealing.ts';
import type { Rooms } from '../../src/chat/rooms.ts';
import type { Ledgers } from '../../src/investing/ledger-client.ts';

/** The date that the page names. */
const DATE = '2026-11-26';
const KEY = 'a key of backups with 32 characters';
const CLI = path.resolve('scripts/backup/cli.ts');
const page = await readFile('docs/backups.md', 'utf8');

let folder: string;
const stores = (database: string) =>
  ({
    environment: 'development',
    state: path.join(folder, '.wrangler/state'),
    remote: false,
    database,
  }) as const;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backup-cli-'));
  const migrations = await readMigrations();
  await withStores(stores('source'), async ({ bucket, db }) => {
    await prepareDatabase(db, migrations, migrations.at(-1)?.name ?? '');
    await db.batch([
      db.prepare(
        "INSERT INTO user_account (id, email, last_active_at, created_at) VALUES ('usr_1', 'ann@example.com', 1, 1)",
      ),
      db.prepare("INSERT INTO user_password (user_id, hash, changed_at) VALUES ('usr_1', 'a hash', 1)"),
    ]);
    const nothing = async () => undefined;
    const { state } = await backUp(
      { db, storage: bucket, ledgers: {} as Ledgers, rooms: {} as Rooms },
      {
        ...{ startedAtMs: Date.parse(DATE), nowMs: () => Date.parse(DATE), keep: nothing, claim: nothing },
        ...{ sealing: backupSealing([{ kid: 'default', key: KEY }]), maxPages: 100, fileBytes: 1_000 },
        stored: () => undefined,
      },
    );
    assert.equal(state, 'finished');
  });
});
after(() => rm(folder, { recursive: true }));

/** A command line of the page, or one like it. */
async function run(commandLine: string): Promise<{ exitCode: number | null; out: string; err: string }> {
  const [, options = ''] = /^npm run backup -- (.*)$/.exec(commandLine) ?? [];
  const child = spawn(process.execPath, [CLI, ...options.split(' ')], {
    cwd: folder,
    env: { ...process.env, BACKUP_KEY: KEY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, out, err };
}

function commandOf(part: string): string {
  const found = page.split('\n').find((line) => line.startsWith('npm run backup -- ') && line.includes(part));
  if (found === undefined) throw new Error(`docs/backups.md has no command with ${part}`);
  return found;
}

test('lists, verifies and restores a backup', async () => {
  const listed = await run(commandOf('list'));
  assert.match(listed.out, /date +finished +files/);
  assert.match(listed.out, new RegExp(`^ +${DATE} `, 'm'));
  const verified = await run(commandOf(`verify ${DATE}`));
  assert.deepEqual([verified.exitCode, verified.err], [0, '']);
  assert.match(verified.out, /^The backup is good\./);
  assert.match((await run(commandOf('--into rehearsal'))).out, /^The backup is restored\.$/m);
  await withStores(stores('rehearsal'), async ({ db }) => {
    const { results } = await db
      .prepare('SELECT email, hash FROM user_account JOIN user_password ON user_id = id')
      .all();
    assert.deepEqual(results, [{ email: 'ann@example.com', hash: 'a hash' }]);
  });
  const again = await run(commandOf('--into rehearsal'));
  assert.equal(again.exitCode, 1);
  assert.match(again.err, /^The database is not empty: /);
});

test('exits with 1 for a changed byte, and with 2 for wrong use', async () => {
  assert.deepEqual((await run('npm run backup -- verify 2026-11-27')).exitCode, 2);
  assert.deepEqual((await run('npm run backup -- --env other list')).exitCode, 2);
  const key = await withStores(stores('source'), async ({ bucket }) => {
    const manifest = await readManifest(bucket, DATE);
    const file = manifest?.files.find(({ rows }) => rows > 0);
    if (file === undefined) throw new Error('the backup has no rows');
    const bytes = new Uint8Array((await (await bucket.get(file.key))?.arrayBuffer()) ?? new ArrayBuffer());
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await bucket.put(file.key, bytes);
    return file.key;
  });
  const { exitCode, err } = await run(`npm run backup -- verify ${DATE}`);
  assert.deepEqual([exitCode, err], [1, `${key}: its bytes were changed\n`]);
});
