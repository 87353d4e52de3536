/**
 * A deployment of the gateway itself, from its commit to the verdict: wrangler uploads it to the simulated platform, whose edge
 * serves both versions to clients that go on asking, and what their isolates count decides.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { operationId } from '../../bench/requests.ts';
import { appliedMigrations, applyMigration } from '../../scripts/d1-migrations.ts';
import { readEnvironment } from '../../scripts/deploy/environment.ts';
import { platformClient } from '../../scripts/platform/platform-client.ts';
import { remoteD1 } from '../../scripts/platform/remote-d1.ts';
import { createWrangler } from '../../scripts/platform/run-wrangler.ts';
import { STAGING_WORKER } from '../support/deploy/staging.ts';
import { type Edge, startEdge } from '../support/platform-api/edge.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import { DEFAULT_API_KEY } from '../support/upstream/market.ts';
import { startUpstream, type Upstream } from '../support/upstream/server.ts';

let api: PlatformApi;
let upstream: Upstream;
let edge: Edge;
/** A checkout of its own, whose files a test changes and commits. */
let folder: string;
let traffic: Traffic;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-canary-'));
  for (const name of ['src', 'schema', 'operations', 'migrations', 'package.json', 'wrangler.toml'])
    await cp(name, path.join(folder, name), { recursive: true });
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, '.gitignore'), 'node_modules\n');
  await change('wrangler.toml', (toml) =>
    toml.replaceAll(/0[0-]{18,}0/g, (zeros) => zeros.replaceAll('0', 'f')).replaceAll('.example', '.test'),
  );
  await git('init', '--quiet');
  await commit();
  api = await startPlatformApi({ zoneName: 'com2000.test' });
  upstream = await startUpstream();
  const { mainApiUrl, priceApiUrl } = upstream.createMarket({
    live: true,
    source: 'made-up',
    projectCount: 20,
  });
  const config = path.join(folder, 'wrangler.toml');
  const vars = {
    ...{ MAIN_API_URL: mainApiUrl, PRICE_API_URL: priceApiUrl, UPSTREAM_FILE_ORIGINS: '' },
    RATE_LIMIT_THRESHOLD: '9999999',
  };
  edge = await startEdge(api, { env: 'staging', config, vars });
  await deployFirst();
});
after(async () => {
  await traffic?.stop();
  await edge?.close();
  await Promise.all([upstream?.close(), api?.close()]);
  await rm(folder, { recursive: true });
});

async function deployFirst(): Promise<void> {
  const { databaseId } = readEnvironment('staging', folder);
  const db = remoteD1(platformClient(api.env()), databaseId);
  await appliedMigrations(db);
  for (const migration of await readD1Migrations('migrations')) await applyMigration(db, migration);
  const secrets = path.join(tmpdir(), `${path.basename(folder)}.json`);
  await writeFile(secrets, JSON.stringify({ INTERNAL_API_KEY: DEFAULT_API_KEY, JWT_SECRET: 'x'.repeat(32) }));
  const wrangler = createWrangler({ env: { ...process.env, ...api.env() }, cwd: folder });
  const { exitCode, stdout, stderr } = await wrangler([
    'deploy',
    '--env',
    'staging',
    '--secrets-file',
    secrets,
  ]);
  await rm(secrets);
  assert.equal(exitCode, 0, stdout + stderr);
  for (const cron of ['*/5 * * * *', '* * * * *', '*/15 * * * *']) await edge.cron(cron);
}

async function git(...args: string[]): Promise<void> {
  const child = spawn('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
    cwd: folder,
  });
  await once(child, 'close');
  assert.equal(child.exitCode, 0, `git ${args.join(' ')}`);
}
const commit = async () => {
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Change');
};
async function change(file: string, changed: (text: string) => string): Promise<void> {
  const name = path.join(folder, file);
  const before = await readFile(name, 'utf8');
  assert.notEqual(changed(before), before);
  await writeFile(name, changed(before));
}

/** @param number of the request: others ask for another page, from other addresses */
async function isFailed(name: string, number: number): Promise<boolean> {
  const headers = { 'CF-Connecting-IP': `203.0.113.${number % 250}` };
  const variables = JSON.stringify({ first: 1 + (number % 50) });
  const parameters = new URLSearchParams({ documentId: operationId(name), variables });
  const response = await fetch(new URL(`/graphql?${parameters}`, edge.url), { headers });
  return response.status !== 200 || 'errors' in ((await response.json()) as object);
}

/** Between two requests of a client, as long as all go to one version. */
const CALM_PAUSE_MS = 40;

/**
 * Clients that ask a few operations one after another, and minutes that pass for the gateway. They hurry while two versions have
 * requests, which are compared by number.
 */
class Traffic {
  readonly #clients: Promise<void>[];
  /** By operation. */
  readonly failed: Record<string, number> = { MarketList: 0, Trending: 0, PoolList: 0 };
  #isOver = false;

  constructor(clients: number) {
    this.#clients = Array.from({ length: clients }, (_, number) => this.#ask(number));
    this.#clients.push(this.#passMinutes());
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(client: number): Promise<void> {
    const operations = Object.keys(this.failed);
    for (let asked = client; !this.#isOver; asked += 1) {
      const name = operations[asked % operations.length] ?? '';
      if (await isFailed(name, asked)) this.failed[name] = (this.failed[name] ?? 0) + 1;
      if (!isDivided()) await new Promise((resolve) => setTimeout(resolve, CALM_PAUSE_MS));
    }
  }

  async #passMinutes(): Promise<void> {
    while (!this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await edge.advance(61);
    }
  }
}

const isDivided = () => {
  const [deployment] = api.workers.get(STAGING_WORKER).deployments;
  return deployment?.versions.every(({ percentage }) => percentage < 100) ?? false;
};

async function deploy(...options: string[]) {
  const args = [
    path.resolve('scripts/deploy/cli.ts'),
    'staging',
    '--tests-passed',
    '--url',
    edge.url,
    ...options,
  ];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    // By a person without a key; a workflow needs one.
    env: { ...process.env, ...api.env(), CI: '', OPERATIONS_KEY: '', ADMIN_KEY: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, out: out + err };
}

test('a migration that fails half way changes nothing for clients, and the way back is printed', async () => {
  traffic = new Traffic(8);
  const planted = path.join(folder, 'migrations/9999_planted.sql');
  await writeFile(
    planted,
    'ALTER TABLE project_cache ADD COLUMN planted TEXT;\nCREATE TABLE user_account (id TEXT);\n',
  );
  await commit();
  const { exitCode, out } = await deploy();
  assert.equal(exitCode, 1, out);
  assert.match(out, /table user_account already exists/);
  assert.match(
    out,
    /^To restore the database all the same .*: npx wrangler d1 time-travel restore DB --env staging --bookmark=[0-9a-f-]{50,}$/m,
  );
  assert.match(out, /100 % of requests go to \S+ \(old\)\./);
  assert.equal(api.workers.get(STAGING_WORKER).versions.length, 1);
  for (const name of Object.keys(traffic.failed)) assert.equal(await isFailed(name, 0), false);
  assert.deepEqual(traffic.failed, { MarketList: 0, Trending: 0, PoolList: 0 });
  await rm(planted);
});

test('an operation that a version breaks is found in its traffic, and the traffic goes back', async () => {
  await change('schema/project-lists.ts', (source) =>
    source.replace(
      'projects.trending(args.category ?? undefined, args.first ?? 10)',
      "{ throw new Error('planted'); }",
    ),
  );
  await commit();
  const worker = api.workers.get(STAGING_WORKER);
  const [first] = worker.deployments[0]?.versions ?? [];
  const { exitCode, out } = await deploy('--look-seconds', '1', '--watch-minutes', '3');
  assert.equal(exitCode, 1, `${out}\n${edge.logs.join('\n')}`);
  assert.match(
    out,
    /worse than the one before:\n +Trending \(sha256:[0-9a-f]{12}\), executed requests: share of requests with faults 100% \(of \d+\) now, 0% /,
  );
  assert.match(out, /100 % of requests go to \S+ \(old\)\./);
  assert.deepEqual(worker.deployments[0]?.versions, [first]);
  assert.equal(worker.versions.length, 2);

  // Each tenth client saw it for a while, and nobody sees it any more.
  const { Trending = 0, ...others } = traffic.failed;
  assert.ok(Trending >= 20, String(Trending));
  assert.deepEqual(others, { MarketList: 0, PoolList: 0 });
  await traffic.stop();
  assert.equal(await isFailed('Trending', 0), false);
  assert.deepEqual(api.unsupported, []);
});
