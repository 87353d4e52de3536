/** The simulated platform that deployments are tested on: real wrangler and the platform's SDK find there what they ask for. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import Cloudflare, {
  APIConnectionTimeoutError,
  InternalServerError,
  PermissionDeniedError,
} from 'cloudflare';
import { createWrangler, type WranglerRun } from '../../scripts/platform/run-wrangler.ts';
import { LAST_CLASSES_TAG } from '../support/deployable-project.ts';
import { provideBindings } from '../support/platform-api/provide-bindings.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';

let api: PlatformApi;
let folder: string;
before(async () => {
  api = await startPlatformApi();
  folder = mkdtempSync(path.join(tmpdir(), 'platform-api-'));
});
after(async () => {
  await api?.close();
  rmSync(folder, { recursive: true });
});

const sdk = (apiToken = api.token, timeout = 5_000) =>
  new Cloudflare({ apiToken, baseURL: api.url, maxRetries: 0, timeout });
const askAccount = (client = sdk()) => client.accounts.get({ account_id: api.accountId });

const wrangler = (...args: string[]): Promise<WranglerRun> =>
  createWrangler({ env: { ...process.env, ...api.env() }, cwd: process.cwd() })([
    ...args,
    '--env',
    'production',
  ]);

async function succeeds(...args: string[]): Promise<WranglerRun> {
  const ran = await wrangler(...args);
  assert.equal(ran.exitCode, 0, `${args.join(' ')}\n${ran.stdout}${ran.stderr}`);
  return ran;
}

function file(name: string, text: string): string {
  const written = path.join(folder, name);
  writeFileSync(written, text);
  return written;
}

test('the token opens the account, and no other token does', async () => {
  assert.equal((await askAccount()).id, api.accountId);
  await assert.rejects(askAccount(sdk('another')), PermissionDeniedError);
  await assert.rejects(sdk().accounts.get({ account_id: 'c'.repeat(32) }), PermissionDeniedError);
});

test('a planted fault meets the call that it names, once', async () => {
  const path = /^\/accounts\/\w+$/;
  api.failNext({ method: 'GET', path, skip: 1 }, { status: 503 });
  await askAccount();
  await assert.rejects(askAccount(), InternalServerError);
  await askAccount();
  api.failNext({ path }, { hang: true });
  await assert.rejects(askAccount(sdk(api.token, 200)), APIConnectionTimeoutError);
  assert.equal(api.faults.remaining, 0);
});

test('a call without a route is refused, and kept in a list', async () => {
  await assert.rejects(sdk().queues.get('q', { account_id: api.accountId }), { status: 501 });
  assert.deepEqual(api.unsupported.splice(0), [`GET /accounts/${api.accountId}/queues/q`]);
});

test('statements of one call to D1 are one transaction, and a bookmark brings back rows and tables', async () => {
  const account_id = api.accountId;
  const { uuid = '' } = await sdk().d1.database.create({ account_id, name: 'ledger' });
  const query = async (sql: string, params: string[] = []) =>
    (await sdk().d1.database.query(uuid, { account_id, sql, params })).result;
  await query('CREATE TABLE entry (name TEXT UNIQUE); -- and its first row\nINSERT INTO entry VALUES (?1)', [
    'first',
  ]);
  const { bookmark = '' } = await sdk().d1.database.timeTravel.getBookmark(uuid, { account_id });
  const batch = ['second', 'first'].map((name) => ({ sql: 'INSERT INTO entry VALUES (?)', params: [name] }));
  await assert.rejects(
    sdk().d1.database.query(uuid, { account_id, batch }),
    /UNIQUE constraint failed: entry.name: SQLITE_ERROR/,
  );
  await query('DROP TABLE entry; CREATE TABLE other (name TEXT)');
  await assert.rejects(query('SAVEPOINT mine'), /not authorized/);
  await assert.rejects(query(`SELECT '${'x'.repeat(100_000)}'`), /statement too long/);
  await assert.rejects(query('SELECT 1', Array(101).fill('x')), /too many SQL variables/);
  await sdk().d1.database.timeTravel.restore(uuid, { account_id, bookmark });
  assert.deepEqual((await query('SELECT * FROM entry'))[0]?.results, [{ name: 'first' }]);
  await assert.rejects(query('SELECT * FROM other'), /no such table: other/);
});

test("wrangler makes this project's Worker, gives a version a share of the requests, and takes it back", async () => {
  provideBindings(api, 'production');
  const secrets = file('secrets.env', 'INTERNAL_API_KEY=secret-of-upstream\nJWT_SECRET=secret-of-tokens\n');
  await succeeds('deploy', '--secrets-file', secrets);
  const worker = api.workers.get('com2000-edge-gateway-production');
  assert.equal(worker.classes.migrationTag, LAST_CLASSES_TAG);
  assert.deepEqual(
    api.workers.domains.map(({ hostname, service }) => [hostname, service]),
    [
      ['api.com2000.example', worker.name],
      ['ws.com2000.example', worker.name],
    ],
  );
  assert.equal(worker.schedules.length, 6);

  const { entries } = await succeeds('versions', 'upload', '--tag', 'second');
  const [before, now] = worker.versions;
  assert.ok(before && now);
  assert.equal(entries.find(({ type }) => type === 'version-upload')?.version_id, now.id);
  assert.ok(now.modules.has(now.metadata.main_module));
  assert.ok(now.exports.includes('PoolLedger'));
  assert.ok(now.exports.includes('RealtimeChat'));
  // A version keeps the secrets of the one before it, which no answer shows.
  assert.equal(now.bindings.find(({ name }) => name === 'JWT_SECRET')?.text, 'secret-of-tokens');

  const shares = () =>
    worker.deployments[0]?.versions.map(({ version_id, percentage }) => [version_id, percentage]);
  await succeeds('versions', 'deploy', `${now.id}@10`, `${before.id}@90`, '--yes');
  assert.deepEqual(shares(), [
    [now.id, 10],
    [before.id, 90],
  ]);
  const [status, listed, secretList, settings] = await Promise.all([
    succeeds('deployments', 'status', '--json'),
    succeeds('versions', 'list', '--json'),
    succeeds('secret', 'list'),
    sdk().workers.scripts.scriptAndVersionSettings.get(worker.name, { account_id: api.accountId }),
  ]);
  assert.equal(JSON.parse(status.stdout).versions.length, 2);
  assert.deepEqual(
    JSON.parse(listed.stdout).map(({ id }: { id: string }) => id),
    [before.id, now.id],
  );
  for (const shown of [status, listed, secretList, settings])
    assert.doesNotMatch(JSON.stringify(shown), /secret-of-/);

  await succeeds('rollback', before.id, '--yes', '--message', 'slower');
  assert.deepEqual(shares(), [[before.id, 100]]);
  assert.deepEqual(api.unsupported, []);
});

test('wrangler applies the migrations, and goes back to a bookmark', async () => {
  await succeeds('d1', 'migrations', 'apply', 'DB', '--remote');
  const database = api.databases.get('com2000-edge-db');
  const count = (table: string) => database.run([{ sql: `SELECT count(*) FROM ${table}` }])[0]?.rows[0]?.[0];
  const applied = Number(count('d1_migrations'));
  assert.ok(applied > 30);
  const { bookmark } = JSON.parse((await succeeds('d1', 'time-travel', 'info', 'DB', '--json')).stdout);
  const sql = file('damage.sql', 'DELETE FROM d1_migrations;\nDROP TABLE project_cache;\n');
  await succeeds('d1', 'execute', 'DB', '--remote', '--yes', '--file', sql);
  assert.equal(count('d1_migrations'), 0);
  await succeeds('d1', 'time-travel', 'restore', 'DB', `--bookmark=${bookmark}`);
  assert.equal(count('d1_migrations'), applied);
  assert.equal(count('project_cache'), 0);
  assert.deepEqual(api.unsupported, []);
});

test('wrangler makes what a first deployment needs', async () => {
  const rules = { rules: [{ allowed: { origins: ['https://com2000.example'], methods: ['GET'] } }] };
  const cors = file('cors.json', JSON.stringify(rules));
  await Promise.all([
    succeeds('d1', 'create', 'new-database'),
    succeeds('kv', 'namespace', 'create', 'NEW'),
    succeeds('kv', 'key', 'put', 'a/b', 'value', '--binding', 'CACHE_KV', '--remote'),
    succeeds('r2', 'bucket', 'create', 'new-bucket'),
  ]);
  const bucket = api.buckets.get('new-bucket');
  await Promise.all([
    succeeds('r2', 'bucket', 'cors', 'set', bucket.name, '--file', cors, '--force'),
    succeeds('r2', 'bucket', 'lifecycle', 'add', bucket.name, 'old', 'tmp/', '--expire-days', '1', '--force'),
  ]);
  assert.equal(api.databases.find('new-database')?.tables, 0);
  assert.ok(api.kv.list().some(({ title }) => title === 'production-NEW'));
  const entry = api.kv.get('20000000000000000000000000000003').entries.get('a/b');
  assert.equal(Buffer.from(entry?.value ?? []).toString(), 'value');
  assert.deepEqual(bucket.corsRules, rules.rules);
  assert.equal(bucket.lifecycleRules.length, 2);
  assert.deepEqual(api.unsupported, []);
});
