/** The commands of docs/releases.md, run as written: in this project, and as the bundled CLI in an empty folder. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import type { Ran } from './running-operations.ts';

const page = await readFile('docs/releases.md', 'utf8');

/** The code of a section, a block each. */
function blocksOf(heading: string): string[] {
  const [, section = ''] =
    new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(page) ?? [];
  return [...section.matchAll(/^```(?:sh|json)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

async function shell(
  commands: string,
  { cwd, node = process.execPath, ...variables }: { cwd: string; node?: string } & Record<string, string>,
): Promise<Ran> {
  const child = spawn('sh', ['-ec', commands], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}`, ...variables },
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: child.exitCode, out, err };
}

const [startBlock = '', commandBlock = ''] = blocksOf('Publish, deprecate, retire, restore');
const [budgetBlock = ''] = blocksOf('A budget for a release');
const [steeringBlock = ''] = blocksOf('Steer an operation while it runs');
const [keyBlock = '', secretBlock = ''] = blocksOf('Keys');
const [buildBlock = '', appBlock = ''] = blocksOf('Without this repository');

let start: RunningStart;
let folder: string;
let key: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-app-'));
  const made = await shell(`${keyBlock}\necho "$OPERATIONS_KEY"`, { cwd: folder });
  assert.equal(made.exitCode, 0, made.err);
  const [hash = '', ...rest] = made.out.trim().split('\n');
  key = rest.join();
  assert.match(hash, /^[0-9a-f]{64}$/);
  const [, adminKey = ''] = /ADMIN_KEY=(\S+)/.exec(startBlock) ?? [];
  const OPERATIONS_KEYS = secretBlock.replace('<the hash>', hash);
  start = await runQuickStart({ ADMIN_KEY: adminKey, OPERATIONS_KEYS, OPERATIONS_MODE: 'id_only' });
});

after(async () => {
  await start?.interrupt();
  await rm(folder, { recursive: true });
});

test('the commands for releases run as written', async () => {
  assert.match(commandBlock, /publish[\s\S]*list[\s\S]*retire[\s\S]*restore/);
  const { exitCode, out, err } = await shell(commandBlock, { cwd: '.', OPERATIONS_URL: start.gatewayUrl });
  assert.equal(exitCode, 0, err);
  assert.match(out, /ios +5\.2\.0 +published .* publish by ADMIN_KEY/);
  assert.match(out, /Retired:[\s\S]*Restored:/);
});

test('a release is held to a budget as written', async () => {
  const [, ADMIN_KEY = ''] = /ADMIN_KEY=(\S+)/.exec(startBlock) ?? [];
  const { exitCode, out, err } = await shell(budgetBlock, {
    cwd: '.',
    OPERATIONS_URL: start.gatewayUrl,
    ADMIN_KEY,
  });
  assert.equal(exitCode, 0, err);
  assert.match(out, /No operation of test\S+ costs over 10 % more than in ios 5\.2\.0\./);
  assert.match(out, /No operation of ios 5\.3\.0 costs over 10 % more than in ios 5\.2\.0\./);
  assert.match(out, /Compared: \d+ operations\./);
});

test('an operation is limited, switched off and on as written', async () => {
  const [, ADMIN_KEY = ''] = /ADMIN_KEY=(\S+)/.exec(startBlock) ?? [];
  const { exitCode, out, err } = await shell(steeringBlock, {
    cwd: '.',
    OPERATIONS_URL: start.gatewayUrl,
    ADMIN_KEY,
  });
  assert.equal(exitCode, 0, err);
  assert.match(
    out,
    /Limited to 500 ms:[\s\S]*Switched off:[\s\S]*Browsers keep answers for their max-age of \d+ s/,
  );
  assert.match(
    out,
    /PriceCard +sha256:\w+ +switched off since .* UTC, limited to 500 ms, changed by ADMIN_KEY/,
  );
  assert.match(out, /Switched on:[\s\S]*Without a limit now:/);
});

/** The project's, and the machine's where it has one. */
function nodes(): string[] {
  const folders = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((each) => !each.includes('node_modules'));
  const machines = folders
    .map((each) => path.join(each, 'node'))
    .filter(existsSync)
    .map((each) => realpathSync(each));
  return [...new Set([process.execPath, ...machines])];
}

test('the bundled CLI runs as written in a folder with nothing else, with a key that may publish', async (t) => {
  const built = await shell(buildBlock.replace('../my-app', folder), { cwd: '.' });
  assert.equal(built.exitCode, 0, built.err);
  assert.deepEqual(await readdir(folder), ['operations.mjs']);
  await cp('test/clients/manifests/apollo-web.json', path.join(folder, 'persisted-query-manifest.json'));
  for (const name of ['next', 'deployed'])
    await cp('schema/schema.graphql', path.join(folder, `${name}.graphql`));
  const commands = appBlock.replace('https://gateway.example', start.gatewayUrl);
  for (const node of nodes()) {
    const { out: version } = await shell('node --version', { cwd: folder, node });
    await t.test(`on Node ${version.trim()}`, async () => {
      const environment = { cwd: folder, node, OPERATIONS_KEY: key };
      const { exitCode, out, err } = await shell(commands, environment);
      assert.equal(exitCode, 0, err);
      assert.match(out, /my-app 1\.0\.0 is (published|the same already)/);
      assert.match(out, /my-app +1\.0\.0 +published .* publish by my-app-ci/);
      assert.match(out, /None of \d+ live operations breaks/);
      assert.ok(!out.includes('\u001b'), 'no colour in a pipe');
      const help = await shell('node operations.mjs retire --help', environment);
      assert.match(help.out, /^Usage: node operations\.mjs retire /);
      const ending = `OPERATIONS_URL=${start.gatewayUrl} node operations.mjs retire --client my-app --version 1.0.0`;
      const refused = await shell(ending, environment);
      assert.equal(refused.exitCode, 1);
      assert.match(refused.err, /The key my-app-ci has the role publish; this needs administer/);
      const unknown = await shell(ending, { ...environment, OPERATIONS_KEY: `${key}x` });
      assert.equal(unknown.exitCode, 3);
      assert.match(unknown.err, /does not accept this key/);
      assert.ok(!(refused.err + unknown.err).includes(key));
    });
  }
});
