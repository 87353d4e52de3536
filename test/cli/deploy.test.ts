/**
 * `npm run deploy` by real wrangler, on the simulated platform: each test goes on where the one before has ended. Most deployments
 * run in this process, since one of its own loads a thousand modules anew.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { runDeploy } from '../support/deploy/run-deploy.ts';
import {
  answerPurges,
  STAGING_DATABASE,
  STAGING_WORKER,
  type Staging,
  startStaging,
} from '../support/deploy/staging.ts';
import { CLASSES, worker } from '../support/deployable-project.ts';
import { minuteRowInsert } from '../support/minute-rows.ts';
import { type Ran, runNode } from './running-operations.ts';

const CLI = path.resolve('scripts/deploy/cli.ts');
const WRANGLER = path.resolve('node_modules/wrangler/bin/wrangler.js');
const PLANT_EVERY_MS = 50;

let staging: Staging;
let api: Staging['api'];
let project: Staging['project'];
let gateway: Staging['gateway'];

before(async () => {
  staging = await startStaging();
  ({ api, project, gateway } = staging);
});
after(() => staging?.close());

const live = () => staging.live();
const run = (file: string, args: readonly string[]): Promise<Ran> =>
  runNode([file, ...args], { cwd: project.folder, variables: staging.variables });

const deployment = (...args: string[]) => [
  ...['staging', '--tests-passed', '--url', gateway.url],
  ...['--look-seconds', '0.1', '--watch-minutes', '0.005', ...args],
];
const deploy = (...args: string[]): Promise<Ran> => runDeploy(deployment(...args), staging);
/** In a process of its own, as an operator does. */
const deployByHand = (): Promise<Ran> => run(CLI, deployment());

/** The end of a run that left all traffic where it was. */
function isWhollyOld({ exitCode, out, err }: Ran, version: string | undefined): void {
  assert.equal(exitCode, 1, out + err);
  assert.match(out, new RegExp(`^staging: 100 % of requests go to ${version} \\(old\\)\\.$`, 'm'));
  assert.deepEqual(live(), [{ version_id: version, percentage: 100 }]);
}

/** The version that has all traffic. */
const served = () => (live().length === 1 ? live()[0]?.version_id : undefined);

const query = (sql: string, params: readonly (string | number)[] = []) =>
  api.databases.get(STAGING_DATABASE).run([{ sql, params }]);

/** Those of these tables that there are. */
const tables = (...names: string[]) =>
  names.filter((name) => query('SELECT 1 FROM sqlite_master WHERE name = ?1', [name])[0]?.rows.length === 1);

/** What a minute's isolates would write, once the new version has requests: a tenth of those of one operation fail in it. */
async function plantRegression(old: string | undefined): Promise<void> {
  const young = live().find(({ version_id }) => version_id !== old);
  if (old === undefined || young === undefined || young.percentage === 0) return;
  const operationId = manifest.operations.find(({ name }) => name === 'MarketList')?.id ?? '';
  const asked = { operationId, cache: 'miss', takesMs: 20, outcome: 'ok' } as const;
  const failed = { ...asked, cache: 'bypass', outcome: 'error' } as const;
  for (const { workerVersion, requests } of [
    { workerVersion: old, requests: [{ ...asked, count: 9_000, faults: 0 }] },
    {
      workerVersion: young.version_id,
      requests: [
        { ...asked, count: 900, faults: 0 },
        { ...failed, count: 100, faults: 100 },
      ],
    },
  ]) {
    const { sql, params } = await minuteRowInsert({ workerVersion, requests });
    query(sql, params);
  }
}

test('plan says all that it would do and all that is missing, without credentials and without a network', async () => {
  const none = Object.fromEntries(Object.keys(api.env()).map((name) => [name, '']));
  const { exitCode, out } = await runNode([CLI, 'plan', 'production'], {
    variables: { ...none, CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1' },
  });
  assert.equal(exitCode, 0, out);
  const steps = [...out.matchAll(/^ +\d+\. (.+?): /gm)].map(([, step]) => step);
  assert.deepEqual(steps.slice(3, 15), [
    ...['database', 'operations', 'migrations', 'own operations', 'upload'],
    ...['0 %', 'smoke tests', '10 %', '50 %', '100 %', 'triggers', 'purge'],
  ]);
  assert.match(out, /- CLOUDFLARE_API_TOKEN is not set/);
  assert.match(out, /- wrangler\.toml: d1_databases DB is a placeholder: 2/);
  assert.match(out, /- wrangler\.toml: vars\.PUBLIC_ORIGIN names a host below \.example/);
  assert.match(out, /- if the secrets INTERNAL_API_KEY and JWT_SECRET are set/);
});

test('a checkout whose wrangler.toml is not filled in, or that is not committed, is refused', async () => {
  const config = project.read('wrangler.toml');
  await project.commit({ 'wrangler.toml': config.replaceAll('.test', '.example') });
  const { exitCode, err } = await deploy();
  assert.equal(exitCode, 1);
  assert.match(err, /vars\.PUBLIC_ORIGIN names a host below \.example/);
  await project.commit({ 'wrangler.toml': config });
});

test('a workflow without a key for the purge is refused', async () => {
  const variables = { ...api.env(), CI: 'true', OPERATIONS_KEY: '', ADMIN_KEY: '' };
  const { exitCode, err } = await runNode([CLI, 'staging'], { cwd: project.folder, variables });
  assert.equal(exitCode, 2, err);
  assert.match(err, /^OPERATIONS_KEY is not set/m);
  assert.equal(api.workers.find(STAGING_WORKER), undefined);
});

test('the first deployment is whole, and leaves a record', async () => {
  const secrets = path.join(project.folder, '.git/secrets.json');
  writeFileSync(secrets, JSON.stringify({ JWT_SECRET: 'a'.repeat(32), INTERNAL_API_KEY: 'b'.repeat(32) }));
  await run(WRANGLER, ['secret', 'bulk', secrets, '--env', 'staging']);
  const commit = await project.commit({ 'src/index.ts': worker(CLASSES, 'first') });
  const { exitCode, out, err } = await deployByHand();
  assert.equal(exitCode, 0, out + err);
  assert.match(out, /^This is the first deployment/m);
  assert.match(
    out,
    new RegExp(`^staging: 100 % of requests go to ${served()} \\(new\\)\\. Deployed\\.$`, 'm'),
  );
  assert.equal(api.workers.get(STAGING_WORKER).schedules.length, 6);
  const { out: listed } = await run(CLI, ['list', 'staging']);
  const row = `deployed +first +${commit.slice(0, 12)} +deployer@com2000\\.test +${served()}`;
  assert.match(listed, new RegExp(row));
});

test('a schema that breaks a live operation is refused, and nothing is uploaded', async () => {
  const schema = project.read('schema/schema.graphql');
  await project.commit({ 'schema/schema.graphql': schema.replace('searchProjects(', 'searchedProjects(') });
  const old = served();
  const ran = await deploy();
  isWhollyOld(ran, old);
  assert.match(ran.out, /live operations would break/);
  await project.commit({ 'schema/schema.graphql': schema });
});

test('a migration that fails half way leaves the old version, and the printed command restores the database', async () => {
  await project.commit({
    'migrations/9001_good.sql': 'CREATE TABLE good (id INTEGER);\n',
    'migrations/9002_bad.sql': 'CREATE TABLE worse (id INTEGER);\nINSERT INTO absent VALUES (1);\n',
  });
  const old = served();
  const ran = await deploy();
  isWhollyOld(ran, old);
  assert.match(ran.out, /Applied before it failed: 9001_good\.sql\./);
  assert.match(ran.out, /no such table: absent/);
  assert.deepEqual(tables('good', 'worse'), ['good']);
  const [, command = ''] = / npx wrangler (d1 time-travel restore .*)$/m.exec(ran.out) ?? [];
  const restored = await run(WRANGLER, command.split(' '));
  assert.equal(restored.exitCode, 0, restored.out + restored.err);
  assert.deepEqual(tables('good', 'worse'), []);
  await project.commit({ 'migrations/9001_good.sql': null, 'migrations/9002_bad.sql': null });
});

test('an upload that fails leaves nothing', async () => {
  const old = served();
  const count = api.workers.get(STAGING_WORKER).versions.length;
  api.failNext({ method: 'POST', path: /\/versions$/ }, { status: 400 });
  const ran = await deployByHand();
  isWhollyOld(ran, old);
  assert.match(ran.out, /The version was not uploaded: wrangler ended with 1\.\n +/);
  assert.equal(api.workers.get(STAGING_WORKER).versions.length, count);
});

test('where smoke tests fail, the version gets no request of a client', async () => {
  const old = served();
  gateway.answer = (asked) =>
    asked.path.startsWith('/api/prices') ? { status: 500, body: {} } : answerPurges(asked);
  const ran = await deploy();
  gateway.answer = answerPurges;
  isWhollyOld(ran, old);
  assert.match(ran.out, /GET \/api\/prices: answered 500/);
});

test('where a percentage cannot be set, all traffic goes back', async () => {
  const old = served();
  api.failNext({ method: 'POST', path: /\/deployments$/, skip: 1 }, { status: 400 });
  const ran = await deploy();
  isWhollyOld(ran, old);
  assert.match(ran.out, /The traffic was not set to .*@10% .*@90%: wrangler ended with 1\./);
});

test('one operation that is worse in the minute rows is named, and all traffic goes back', async () => {
  const old = served();
  const ending = deploy('--look-seconds', '1', '--watch-minutes', '1');
  const isOver = ending.then(() => true);
  while (!(await Promise.race([isOver, setTimeout(PLANT_EVERY_MS)]))) await plantRegression(old);
  const ran = await ending;
  isWhollyOld(ran, old);
  assert.match(
    ran.out,
    /The new version is worse than the one before:\n +MarketList \(.*\), .*share of requests with faults/,
  );
  assert.match((await run(CLI, ['list', 'staging'])).out, /\n.*\n.* regressed +gradual /);
});

test('after 100 % a failure leaves the deployment open, and the next run of the same commit goes on', async () => {
  const commit = await project.commit({ 'src/index.ts': worker(CLASSES, 'second') });
  api.failNext({ path: /\/schedules$/ }, { status: 400 });
  const failed = await deploy();
  assert.equal(failed.exitCode, 1, failed.out);
  const { out } = failed;
  assert.match(out, new RegExp(`^staging: 100 % of requests go to ${served()} \\(new\\)\\.$`, 'm'));
  assert.match(out, new RegExp(`^Go on, at commit ${commit.slice(0, 12)}: npm run deploy -- staging$`, 'm'));
  assert.match(out, /^Roll back: npm run rollback -- staging$/m);
  await project.commit({ 'src/index.ts': worker(CLASSES, 'third') });
  const other = await deploy();
  assert.equal(other.exitCode, 1);
  assert.match(
    other.err,
    new RegExp(`^A deployment of another commit is open: ${commit} by deployer@com2000\\.test`),
  );
  await project.checkOut(commit);
  gateway.answer = (asked) =>
    asked.path.startsWith('/admin/caches') ? { status: 500, body: {} } : undefined;
  assert.match((await deploy()).out, /triggers: set crons/);
  gateway.answer = answerPurges;
  const done = await deploy();
  assert.equal(done.exitCode, 0, done.out + done.err);
  assert.match(done.out, /triggers: done before/);
  assert.doesNotMatch(done.out, /upload: upload/);
});

test('a change of Durable Object classes goes out whole, where somebody has agreed', async () => {
  const migration = '\n[[env.staging.migrations]]\ntag = "chat"\nnew_sqlite_classes = ["Chat"]\n';
  await project.commit({
    'wrangler.toml': project.read('wrangler.toml') + migration,
    'src/index.ts': worker([...CLASSES, 'Chat']),
  });
  const old = served();
  const refused = await deploy();
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.err,
    /\(chat\): this version gets all traffic at once.*cannot be rolled back by itself.*--whole/,
  );
  assert.equal(served(), old);
  const { exitCode, out, err } = await deploy('--whole');
  assert.equal(exitCode, 0, out + err);
  assert.match(out, /to staging \(whole\)/);
  assert.notEqual(served(), old);
  assert.deepEqual(api.unsupported, []);
  assert.equal(api.faults.remaining, 0);
});
