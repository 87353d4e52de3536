import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { migrateDatabase } from '../../../scripts/start/database.ts';
import { WRANGLER, WRANGLER_ENVIRONMENT } from '../../../scripts/start/run-command.ts';

const [{ database_id: databaseId = '' } = {}] = unstable_readConfig({
  config: 'wrangler.toml',
  env: 'development',
}).d1_databases;
let state: string;

beforeAll(async () => {
  state = await mkdtemp(path.join(tmpdir(), 'com2000-database-'));
  await migrateDatabase(state, databaseId);
});

afterAll(() => rm(state, { recursive: true }));

it('wrangler finds the database of npm start, with every migration applied', async () => {
  const list = [WRANGLER, 'd1', 'migrations', 'list', 'DB'];
  const at = ['--local', '--env', 'development', '--persist-to', state];
  const { stdout } = await promisify(execFile)(process.execPath, [...list, ...at], {
    env: { ...process.env, ...WRANGLER_ENVIRONMENT, WRANGLER_LOG: 'log' },
  });
  expect(stdout).toContain('No migrations to apply');
});

it('a second start keeps the rows, and deletes the leases of a sync that was stopped', async () => {
  const withRows = await database();
  withRows.exec(`
    INSERT INTO sync_lease (job, holder, expires_at) VALUES ('prices', 'a stopped run', 4102444800);
    INSERT INTO usage_flush (counts) VALUES ('{"usage":[],"refusals":[]}')`);
  withRows.close();
  await migrateDatabase(state, databaseId);
  const after = await database();
  expect(after.prepare('SELECT count(*) AS leases FROM sync_lease').get()).toEqual({ leases: 0 });
  expect(after.prepare('SELECT count(*) AS flushes FROM usage_flush').get()).toEqual({ flushes: 1 });
  after.close();
});

/** The one file that has tables of the gateway. */
async function database(): Promise<DatabaseSync> {
  const folder = path.join(state, 'v3', 'd1');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sqlite'));
  for (const file of files) {
    const opened = new DatabaseSync(path.join(folder, file));
    const held = opened.prepare("SELECT count(*) AS held FROM sqlite_schema WHERE name = 'sync_lease'").get();
    if (held?.held === 1) return opened;
    opened.close();
  }
  throw new Error(`no database among ${files.join()}`);
}
