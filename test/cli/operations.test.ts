/**
 * The life of releases, from their manifests to their end, through the CLI and a gateway on workerd. Commands that shall succeed
 * run in this process; those whose exit code counts, that run at once or that are killed have one of their own.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import { runOperations } from '../support/run-operations.ts';
import { operationsOf, type RunOperations } from './running-operations.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const MANIFESTS = 'test/clients/manifests';
const PUBLISH_WITHIN_MS = 30_000;
const USAGE_WITHIN_MS = 30_000;

let start: RunningStart;
let operations: RunOperations;
let folder: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-cli-'));
  start = await runQuickStart({ ADMIN_KEY, OPERATIONS_MODE: 'audit' });
  operations = operationsOf(start.gatewayUrl, ADMIN_KEY);
});

after(async () => {
  await start?.interrupt();
  await rm(folder, { recursive: true });
});

async function ok(args: string): Promise<string> {
  const environment = { ADMIN_KEY };
  const { exitCode, out, err } = await runOperations([...args.split(' '), '--url', start.gatewayUrl], {
    environment,
  });
  assert.equal(exitCode, 0, `${args}\n${out}${err}`);
  return out;
}

const idOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

async function manifest(name: string, documents: string[]): Promise<string> {
  const file = path.join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(Object.fromEntries(documents.map((text) => [idOf(text), text]))));
  return file;
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => `query ${name}${at} { trendingProjects(first: 1) { id } }`);

const send = (body: object) =>
  fetch(`${start.gatewayUrl}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'graphql-client-name': 'ios',
      'graphql-client-version': '4.9.0',
    },
    body: JSON.stringify(body),
  });

/**
 * The gateway counts in memory and writes each minute, and before it retires anything, also again. All of `own` lives on in
 * the build. An isolate that ends takes its counts along.
 */
async function eventually(args: string, expected: RegExp, request: object): Promise<void> {
  const deadlineMs = Date.now() + USAGE_WITHIN_MS;
  let out = '';
  do {
    await (await send(request)).arrayBuffer();
    await ok('retire --client own --version 1.0.0');
    out = await ok(args);
  } while (!expected.test(out) && Date.now() < deadlineMs);
  assert.match(out, expected, args);
}

test('publishes what real tools write, and nothing new the second time', async () => {
  const published = await ok(`publish --client ios --version 4.9.0 ${MANIFESTS}/apollo-ios-legacy.json`);
  assert.match(
    published,
    /ios 4\.9\.0 is published: \d+ new, \d+ known from other releases, 0 unchanged, 0 gone\./,
  );
  assert.match(published, /MarketList +sha256:[0-9a-f]{12} +\d+ +\d+ s +public +\w+/);
  assert.match(published, /Every location serves it from \d{4}-\d{2}-\d{2}T/);
  await ok(`publish --client ios --version 5.2.0 ${MANIFESTS}/apollo-ios.json`);
  await ok(`publish --client web --version 1.4.0 ${MANIFESTS}/apollo-web.json`);
  await ok(`publish --client android --version 3.0.0 ${MANIFESTS}/codegen-sha1.json`);
  const again = await ok(`publish --client ios --version 5.2.0 ${MANIFESTS}/apollo-ios.json`);
  assert.match(again, /is the same already: nothing changes/);
  const own = await ok('publish --client own --version 1.0.0 operations/manifest.json');
  assert.match(own, /own 1\.0\.0 is published: 0 new, \d+ known from other releases/);
  const list = await ok('list');
  for (const release of [/ios +4\.9\.0 +published/, /ios +5\.2\.0/, /web +1\.4\.0/, /android +3\.0\.0/])
    assert.match(list, release);
});

test('stores nothing where one document is bad', async () => {
  const bad = await manifest('bad', [...numbered('Fine', 300), 'query Bad { nonsense }']);
  const { exitCode, err } = await operations(`publish --client ios --version 6.0.0 ${bad}`);
  assert.equal(exitCode, 1);
  assert.match(err, /Bad \(sha256:[0-9a-f]{64}\): DOCUMENT_INVALID/);
  assert.doesNotMatch(await ok('list'), /6\.0\.0/);
  const fine = await operations(`show ${idOf(numbered('Fine', 1)[0] ?? '')}`);
  assert.equal(fine.exitCode, 1);
});

test('runs what was published, and shows who ran it', async () => {
  const legacy = JSON.parse(await readFile(`${MANIFESTS}/apollo-ios-legacy.json`, 'utf8'));
  const [hash] = Object.entries<{ name: string }>(legacy).find(([, { name }]) => name === 'Trending') ?? [];
  const known = { documentId: `sha256:${hash}` };
  const response = await send(known);
  assert.equal(response.status, 200);
  assert.equal(((await response.json()) as { errors?: unknown }).errors, undefined);
  await eventually('usage --client ios', /Trending +sha256:[0-9a-f]{12} +ios +4\.9\.0 +\d+ /, known);
  assert.match(await ok(`show sha256:${hash}`), /ios +4\.9\.0 +published +publish by ADMIN_KEY/);
  await eventually('audit', /ios +4\.9\.0 +ran +QUERY_NOT_IN_SAFELIST/, {
    query: 'query Ping { __typename }',
  });
});

test('names the live operations that a schema would break, and their releases', async () => {
  const sdl = await readFile('schema/schema.graphql', 'utf8');
  const next = path.join(folder, 'next.graphql');
  assert.match(await ok('check --from schema/schema.graphql'), /None of \d+ live operations breaks\./);
  await writeFile(next, sdl.replace('participantCount: Int!', 'participantCount: Int'));
  const { exitCode, out } = await operations(`check ${next} --from schema/schema.graphql`);
  assert.equal(exitCode, 1);
  assert.match(out, /^PoolList .*\n {2}carried by .*ios 5\.2\.0/m);
});

test('deprecates, retires, restores and rolls back', async () => {
  const [last = ''] = numbered('Last', 1);
  await ok(`publish --client ios --version 4.8.0 ${await manifest('last', [last])}`);
  const use = { documentId: idOf(last) };
  await eventually('usage --client ios', /Last0 +sha256:[0-9a-f]{12} +ios +4\.9\.0/, use);
  const range = '--client ios --version <5.0';
  assert.match(await ok(`deprecate ${range} --sunset 2099-06-01`), /ios +4\.9\.0 +deprecated/);
  const inUse = await operations(`retire ${range}`);
  assert.equal(inUse.exitCode, 1);
  assert.match(inUse.err, /ios +4\.9\.0 +Last0 +sha256:[0-9a-f]{12} +\d{4}-/);
  // All that it carries lives on in 5.2.0.
  assert.match(await ok('retire --client ios --version 4.9.0'), /ios +4\.9\.0 +retired/);
  assert.match(await ok(`retire ${range} --force`), /refused with 410:\n.*\n +Last0 +sha256:/);
  assert.match(
    await ok('list --client ios'),
    /4\.8\.0 +retired[\s\S]*4\.9\.0 +retired|4\.9\.0 +retired[\s\S]*4\.8\.0 +retired/,
  );
  assert.match(await ok(`restore ${range}`), /Restored:[\s\S]*Last0/);
  assert.match(await ok('list --client ios'), /4\.8\.0 +published/);
  const { releases } = JSON.parse(await ok('list --client gateway --json'));
  const own = await operations(`retire --client gateway --version ${releases[0].version} --force`);
  assert.equal(own.exitCode, 1);
  assert.match(own.err, /is the build that runs/);

  const replaced = await ok(`publish --client web --version 1.4.0 ${MANIFESTS}/cosmo.json --replace`);
  assert.match(replaced, /0 unchanged, \d+ gone/);
  assert.match(
    await ok('rollback --client web --version 1.4.0'),
    /web 1\.4\.0 carries again .*: \d+ came, \d+ gone\./,
  );
  const again = await ok(`publish --client web --version 1.4.0 ${MANIFESTS}/apollo-web.json`);
  assert.match(again, /nothing changes/);
  const first = await operations('rollback --client android --version 3.0.0');
  assert.equal(first.exitCode, 1);
});

test('keeps both of two publishes at once', async () => {
  const [left, right] = [
    await manifest('left', numbered('Left', 40)),
    await manifest('right', numbered('Right', 40)),
  ];
  const both = await Promise.all([
    operations(`publish --client web --version 2.0.0 ${left}`),
    operations(`publish --client web --version 2.0.1 ${right}`),
  ]);
  assert.deepEqual(
    both.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  const list = await ok('list --client web');
  assert.match(list, /2\.0\.0 +published +40 /);
  assert.match(list, /2\.0\.1 +published +40 /);
});

test('publishes 2,000 operations in 30 seconds, and leaves the old release or the new one when killed', async () => {
  const file = await manifest('large', numbered('Large', 2_000));
  for (const killAfterMs of [1_000, 2_500]) {
    await operations(`publish --client web --version 3.0.0 ${file}`, { killAfterMs });
    const { releases } = JSON.parse(await ok('list --client web --json'));
    const killed = releases.find(({ version }: { version: string }) => version === '3.0.0');
    assert.ok(killed === undefined || killed.operations === 2_000);
  }
  const beganAtMs = Date.now();
  await ok(`publish --client web --version 3.0.1 ${await manifest('other', numbered('Other', 2_000))}`);
  const tookMs = Date.now() - beganAtMs;
  assert.ok(tookMs < PUBLISH_WITHIN_MS, `${tookMs} ms`);
  assert.match(await ok('list --client web'), /3\.0\.1 +published +2000 /);
});

test('tells a key that is not accepted from a refusal', async () => {
  const { exitCode, out } = await operationsOf(
    start.gatewayUrl,
    'another-key-of-at-least-32-characters',
  )('list');
  assert.equal(exitCode, 3);
  assert.equal(out, '');
});
