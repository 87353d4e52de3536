/** Several people at one deployment: runs at once, a rollback beside a run, traffic changed by hand, a run that was killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { runDeploy } from '../support/deploy/run-deploy.ts';
import { STAGING_DATABASE, STAGING_WORKER, type Staging, startStaging } from '../support/deploy/staging.ts';
import { CLASSES, LAST_CLASSES_TAG } from '../support/deployable-project.ts';
import { Worker } from '../support/platform-api/worker.ts';
import type { Ran } from './running-operations.ts';

const [CLI, ROLLBACK] = ['scripts/deploy/cli.ts', 'scripts/rollback/cli.ts'].map((file) =>
  path.resolve(file),
);
/** Wrangler's last call for a share, after which the traffic is divided. */
const LAST_OF_SHARE = { method: 'PATCH', path: /\/script-settings$/ };

let staging: Staging;
let api: Staging['api'];
let worker: Worker;
/** The id of the version that serves alone before each test. */
let old: string;
let callsBefore: number;

before(async () => {
  staging = await startStaging();
  ({ api } = staging);
  const database = api.databases.get(STAGING_DATABASE);
  database.run([{ sql: 'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)' }]);
  for (const name of readdirSync('migrations').sort())
    database.run([
      { sql: readFileSync(path.join('migrations', name), 'utf8') },
      { sql: 'INSERT INTO d1_migrations (name) VALUES (?1)', params: [name] },
    ]);
});
after(() => staging?.close());

beforeEach(async () => {
  worker = new Worker(STAGING_WORKER);
  worker.classes.apply({ new_tag: LAST_CLASSES_TAG, steps: [{ new_sqlite_classes: CLASSES }] });
  const bindings = ['INTERNAL_API_KEY', 'JWT_SECRET'].map((name) => ({
    name,
    type: 'secret_text',
    text: name,
  }));
  const metadata = { main_module: 'index.js', bindings };
  old = worker.addVersion({ metadata, modules: new Map(), exports: CLASSES, etag: '' }, 'api').id;
  serve({ [old]: 100 });
  api.workers.set(worker);
  callsBefore = api.calls.length;
  api.databases.get(STAGING_DATABASE).run([{ sql: 'DELETE FROM deployment' }]);
});

function serve(shares: Readonly<Record<string, number>>): void {
  const versions = Object.entries(shares).map(([version_id, percentage]) => ({ version_id, percentage }));
  worker.deploy(versions, { source: 'api' });
}

const serving = () =>
  Object.fromEntries(
    worker.deployments[0]?.versions.map(({ version_id, percentage }) => [version_id, percentage]) ?? [],
  );
/** The ways in which wrangler has let the code of Durable Objects follow, by deployment of this test. */
const objectUpdates = () =>
  api.calls
    .slice(callsBefore)
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/deployments'))
    .map(({ body }) => (body as { code_update_strategy: unknown }).code_update_strategy);
const outcomes = () =>
  api.databases
    .get(STAGING_DATABASE)
    .run([{ sql: 'SELECT outcome FROM deployment' }])[0]
    ?.rows.flat();

interface Running {
  ended: Promise<Ran>;
  kill(): void;
}

function begin(file: string | undefined, args: readonly string[]): Running {
  const child = spawn(process.execPath, [file ?? '', 'staging', '--url', staging.gateway.url, ...args], {
    cwd: staging.project.folder,
    env: { ...process.env, ...staging.variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return {
    ended: ended.then(([out, err]) => ({ exitCode: child.exitCode, out, err })),
    kill: () => child.kill('SIGKILL'),
  };
}

const OPTIONS = ['--tests-passed', '--look-seconds', '0.1', '--watch-minutes', '0.005'];
const deploy = () => begin(CLI, OPTIONS);
/** In this process: a run beside those that have one of their own, and one after them. */
const deployHere = (...args: string[]) =>
  runDeploy(['staging', '--url', staging.gateway.url, ...OPTIONS, ...args], staging);

/** A run that has given the new version 10 %, and whose wrangler waits for its last answer. */
async function deployedToTenPercent(): Promise<Running & { now: string; goOn(): void }> {
  const answered = Promise.withResolvers<void>();
  const reached = api.failNext({ ...LAST_OF_SHARE, skip: 1 }, { until: answered.promise });
  const running = deploy();
  const early = await Promise.race([reached, running.ended]);
  assert.equal(early, undefined, early?.out);
  const now = worker.latest?.id ?? '';
  assert.deepEqual(serving(), { [now]: 10, [old]: 90 });
  return { ...running, now, goOn: answered.resolve };
}

test('a run beside another one is refused, and no run undoes what somebody does by hand', async () => {
  const first = await deployedToTenPercent();
  const { exitCode, out, err } = await deployHere();
  assert.equal(exitCode, 1, out);
  assert.match(err, /^A run deploys .*--take-over goes on without it\.$/m);
  serve({ [old]: 100 });
  first.goOn();
  const ended = await first.ended;
  assert.equal(ended.exitCode, 1, ended.out);
  assert.match(
    ended.out,
    /^Somebody has changed the traffic meanwhile: 100 % of requests go to \S+ \(old\)\.$/m,
  );
  assert.deepEqual(serving(), { [old]: 100 });
  assert.deepEqual(outcomes(), ['failed']);
});

test('a rollback beside a run holds: the run ends, and changes nothing more', async () => {
  const run = await deployedToTenPercent();
  const rollback = await begin(ROLLBACK, []).ended;
  assert.equal(rollback.exitCode, 0, rollback.out + rollback.err);
  // Objects, the ledgers among them, get the version before at once, and a new one within half a minute.
  assert.deepEqual(objectUpdates(), [
    ...Array(2).fill({ mode: 'deferred', max_delay: 30 }),
    { mode: 'immediate' },
  ]);
  run.goOn();
  const { exitCode, out } = await run.ended;
  assert.equal(exitCode, 1, out);
  assert.match(out, /^Another run has taken this deployment over\. /m);
  assert.deepEqual(serving(), { [old]: 100 });
  assert.deepEqual(outcomes(), ['rolled_back']);
});

test('a run that was killed leaves the traffic divided, and the next one goes on when it is told so', async () => {
  const killed = await deployedToTenPercent();
  killed.kill();
  killed.goOn();
  assert.equal((await killed.ended).exitCode, null);
  const refused = await deployHere();
  assert.equal(refused.exitCode, 1, refused.out);
  assert.deepEqual(serving(), { [killed.now]: 10, [old]: 90 });
  const { exitCode, out, err } = await deployHere('--take-over');
  assert.equal(exitCode, 0, out + err);
  assert.match(out, /upload: done before$/m);
  assert.deepEqual(serving(), { [killed.now]: 100 });
  assert.deepEqual(outcomes(), ['deployed']);
  assert.deepEqual(api.unsupported, []);
});
