/** The commands of docs/deploying.md, run as written by wrangler and Node against the simulated platform. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { WRANGLER_ENVIRONMENT } from '../../scripts/start/run-command.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import { startStandInGateway } from '../support/stand-in-gateway.ts';
import type { Ran } from './running-operations.ts';

const page = await readFile('docs/deploying.md', 'utf8');
const [, section = ''] = /^## From a new account to a first answer\n([\s\S]*?)^## /m.exec(page) ?? [];

/** The commands of the step with this number, a line each. */
function commandsOf(step: number): string[] {
  const [, words = ''] =
    new RegExp(`^\\*\\*${step}\\. ([\\s\\S]*?)(?=^\\*\\*\\d+\\. |$(?![\\s\\S]))`, 'm').exec(section) ?? [];
  return [...words.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
}

const COMMIT_ALL = 'git add -A && git -c user.name=Test -c user.email=test@example.com commit -qm Changed';
const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const WORKER = 'com2000-edge-gateway-production';

let api: PlatformApi;
/** A checkout of its own, whose wrangler.toml and zone/site.ts an operator changes. */
let folder: string;

before(async () => {
  api = await startPlatformApi({ zoneName: 'com2000.test' });
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-new-account-'));
  const listed = await done('git ls-files -coz --exclude-standard', { cwd: process.cwd() });
  const files = listed.split('\0').filter((file) => file !== '' && existsSync(file));
  await Promise.all(files.map((file) => cp(file, path.join(folder, file))));
  await done('git init -q');
  // Not in git here either.
  const linked = ['node_modules', 'operations/generated'];
  for (const name of linked) await symlink(path.resolve(name), path.join(folder, name));
  await writeFile(path.join(folder, '.git/info/exclude'), linked.join('\n'));
  await done(COMMIT_ALL);
});
after(async () => {
  await api?.close();
  await rm(folder, { recursive: true });
});

/** @param input is what an operator types where the command asks for it. */
async function run(command: string, { cwd = folder, input = '' } = {}): Promise<Ran> {
  const child = spawn('bash', ['-c', `set -euo pipefail; ${command}`], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...WRANGLER_ENVIRONMENT,
      ...api.env(),
      WRANGLER_LOG: 'log',
      FOLDER: folder,
      ADMIN_KEY,
    },
  });
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, out, err };
}

/** @returns what it prints */
async function done(command: string, options?: { cwd?: string; input?: string }): Promise<string> {
  const { exitCode, out, err } = await run(command, options);
  assert.equal(exitCode, 0, `${command}\n${out}${err}`);
  return out;
}

/** As an operator writes it, and commits it. */
async function write(file: string, change: (text: string) => string): Promise<void> {
  const name = path.join(folder, file);
  await writeFile(name, change(await readFile(name, 'utf8')));
}

const ids = new Map<string, string>();

test('1. the resources are made, and wrangler prints their ids', async () => {
  for (const command of commandsOf(1)) {
    const out = await done(command);
    const [, binding = 'DB'] = /namespace create (\w+)/.exec(command) ?? [];
    const [, id] = /"?(?:database_)?id"?\s*[=:]\s*"([\w-]+)"/.exec(out) ?? [];
    if (!command.includes(' bucket ')) ids.set(binding, id ?? assert.fail(out));
  }
  assert.deepEqual([...ids.keys()], ['DB', 'SESSIONS_KV', 'PRICES_KV', 'CACHE_KV']);
});

test('2. plan names each value that is still an example, until the ids and names are written', async () => {
  const [plan = ''] = commandsOf(2);
  assert.match(await done(plan), /wrangler\.toml: kv_namespaces SESSIONS_KV is a placeholder/);
  await write('wrangler.toml', (toml) => {
    const own = toml.replaceAll('com2000.example', 'com2000.test').replaceAll('0'.repeat(32), api.accountId);
    return [...ids].reduce(
      (changed, [binding, id]) =>
        changed.replace(
          new RegExp(`(production\\S+\\nbinding = "${binding}"\\n(?:database_name.*\\n)?\\w+ = ")[^"]+`),
          `$1${id}`,
        ),
      own,
    );
  });
  await write('zone/site.ts', (site) => site.replaceAll('com2000.example', 'com2000.test'));
  await done(COMMIT_ALL);
  assert.doesNotMatch(await done(plan), /wrangler\.toml: |not committed/);
});

test('3. the secrets are put before there is any code', async () => {
  // One stands for those that may be left out: each is a run of wrangler.
  for (const command of commandsOf(3).slice(0, 4))
    assert.match(await done(command, { input: 'a-value-of-thirty-two-characters' }), /Success!/);
});

test('4. the zone is set up, and is then as its file says', async () => {
  const [plan = '', apply = ''] = commandsOf(4);
  const planned = await done(plan);
  assert.match(planned, /ssl/);
  assert.match(await done(apply), /The zone is as its file says\./);
  await done('npm run zone -- drift');
});

test('5. the gateway is deployed, at the addresses of its routes', async () => {
  const gateway = await startStandInGateway('none');
  Object.defineProperty(gateway.traffic, 'main', {
    get: () => api.workers.get(WORKER)?.deployments[0]?.versions[0]?.version_id,
  });
  try {
    const [deploy = ''] = commandsOf(5);
    // `npm test` runs this test. Without a key nothing is purged, and nobody waits for it.
    const out = await done(`unset ADMIN_KEY; ${deploy} --tests-passed --origin ${gateway.url}`);
    assert.match(out, /100 % of requests go to \S+ \(new\)\. Deployed\.$/m);
  } finally {
    await gateway.close();
  }
  assert.deepEqual(api.workers.domains.map(({ hostname }) => hostname).toSorted(), [
    'api.com2000.test',
    'ws.com2000.test',
  ]);
  assert.match(await done('npm run deploy -- list production'), / deployed +first /);
  assert.deepEqual(api.unsupported, []);
});

test('the bucket takes its rules for uploads', async () => {
  const [, json = ''] = /^ +```json\n([\s\S]*?)^ +```$/m.exec(page) ?? [];
  await writeFile(path.join(folder, 'cors.json'), json);
  for (const [command] of page.matchAll(/npx wrangler r2 bucket (?:cors|lifecycle) .+/g)) await done(command);
  assert.deepEqual(api.unsupported, []);
});
