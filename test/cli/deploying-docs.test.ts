/** The commands of docs/deploying.md, run as written by wrangler and Node on the simulated platform, up to a first answer. */
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
import { SITE } from '../../zone/site.ts';
import { type Edge, startEdge } from '../support/platform-api/edge.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import { startUpstream, type Upstream } from '../support/upstream/server.ts';

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
const API_KEY = 'simulated-internal-key';
const ZONE = 'com2000.test';

/** An empty account. */
let api: PlatformApi;
/** A checkout of its own, whose wrangler.toml and zone/site.ts an operator changes. */
let folder: string;

before(async () => {
  api = await startPlatformApi({ zoneName: ZONE });
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-new-account-'));
  const listed = await done('git ls-files -coz --exclude-standard', process.cwd());
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

/** @returns what the command prints */
async function done(command: string, cwd = folder): Promise<string> {
  const child = spawn('bash', ['-c', `set -euo pipefail; ${command}`], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...WRANGLER_ENVIRONMENT, ...api.env(), WRANGLER_LOG: 'log', ADMIN_KEY },
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.equal(child.exitCode, 0, `${command}\n${out}${err}`);
  return out;
}

/** As an operator writes it. */
async function write(file: string, change: (text: string) => string): Promise<void> {
  const name = path.join(folder, file);
  await writeFile(name, change(await readFile(name, 'utf8')));
}

/** By binding, as wrangler prints them. */
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
    const named = toml.replaceAll('com2000.example', ZONE).replaceAll('0'.repeat(32), api.accountId);
    return [...ids].reduce((changed, [binding, id]) => {
      const placeholder = `(production\\S+\\nbinding = "${binding}"\\n(?:database_name.*\\n)?\\w+ = ")[^"]+`;
      return changed.replace(new RegExp(placeholder), `$1${id}`);
    }, named);
  });
  await write('zone/site.ts', (site) => site.replaceAll('com2000.example', ZONE));
  await done(COMMIT_ALL);
  assert.match(await done(plan), /^Nothing is missing that can be seen from here\.$/m);
});

test('the bucket takes its policy for uploads', async () => {
  const [, json = ''] = /^ +```json\n([\s\S]*?)^ +```$/m.exec(page) ?? [];
  await writeFile(path.join(folder, 'cors.json'), json);
  await done(/npx wrangler r2 bucket cors .+/.exec(page)?.[0] ?? '');
  await rm(path.join(folder, 'cors.json'));
  assert.deepEqual(api.unsupported, []);
});

test('3. to 6.: secrets, zone and Worker of the account lead to a first answer', async (t) => {
  // The same account once more, with a database that the edge reads too.
  await api.close();
  api = await startPlatformApi({ zoneName: ZONE });
  api.buckets.create(SITE.cdnBucket);
  const upstream: Upstream = await startUpstream();
  t.after(() => upstream.close());
  const { mainApiUrl, priceApiUrl } = upstream.createMarket({ apiKey: API_KEY });
  const edge: Edge = await startEdge(api, {
    ...{ env: 'production', config: path.join(folder, 'wrangler.toml') },
    vars: { MAIN_API_URL: mainApiUrl, PRICE_API_URL: priceApiUrl, INTERNAL_API_KEY: API_KEY },
  });
  t.after(() => edge.close());

  await t.test('3. the secrets are put before there is any code', async () => {
    // Each is a run of wrangler: the two that the Worker needs stand for the others. The first one asks for its value.
    const [apiKey = '', jwtSecret = ''] = commandsOf(3);
    for (const command of [`echo ${API_KEY} | ${apiKey}`, jwtSecret])
      assert.match(await done(command), /Success!/);
  });

  await t.test('4. the zone is set up, and is then as zone/ says', async () => {
    const [plan = '', apply = ''] = commandsOf(4);
    assert.match(await done(plan), /ssl/);
    assert.match(await done(apply), /The zone is as zone\/ says\./);
    await done('npm run zone -- drift');
  });

  await t.test('5. the gateway is deployed, at the addresses of its routes', async () => {
    const [deploy = ''] = commandsOf(5);
    // `npm test` runs this test.
    const out = await done(`${deploy} --tests-passed --url ${edge.url}`);
    assert.match(out, /100 % of requests go to \S+ \(new\)\. Deployed\.$/m);
    const hosts = api.workers.domains.map(({ hostname }) => hostname);
    assert.deepEqual(hosts.toSorted(), ['api.com2000.test', 'ws.com2000.test']);
    assert.match(await done('npm run deploy -- list production'), / deployed +first /);
  });

  await t.test('6. it answers', async () => {
    await edge.cron('* * * * *');
    await edge.cron('*/5 * * * *');
    const [curl = ''] = commandsOf(6);
    const answer = await done(curl.replace('https://api.com2000.example', edge.url));
    assert.match(answer, /"symbol":"BTC"/);
    await done(`npm run smoke -- production --url ${edge.url}`);
  });
  assert.deepEqual(api.unsupported, []);
});
