/** What clients make when they are built, and send when they run, with their real tools, to a gateway on workerd. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import { assertSubscriptions } from './assert-subscriptions.ts';
import { clearApp, readReadme, runSetUp } from './readme-set-ups.ts';
import { operationsOf, runNode } from './running-operations.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const CLIENTS = 'test/clients';
const RELEASES = { 'apollo-web': 'apollo-web', 'urql-web': 'codegen-sha256' };

let start: RunningStart;

before(async () => {
  start = await runQuickStart({ ADMIN_KEY, OPERATIONS_MODE: 'id_only', PRICE_POLL_SECONDS: '1' });
  const operations = operationsOf(start.gatewayUrl, ADMIN_KEY);
  for (const [client, manifest] of Object.entries(RELEASES)) {
    const { exitCode, err } = await operations(
      `publish --client ${client} --version 1.0.0 ${CLIENTS}/manifests/${manifest}.json`,
    );
    assert.equal(exitCode, 0, err);
  }
});

after(async () => {
  await start?.interrupt();
  await clearApp();
});

test('Apollo Client and urql watch prices by id alone, over graphql-ws and graphql-sse', async () => {
  await assertSubscriptions([`${start.gatewayUrl}/graphql`, '--by-id'], 'PERSISTED_QUERY_ID_REQUIRED');
});

test('the manifests that are kept are what the tools make now', async () => {
  const { exitCode, err } = await runNode([`${CLIENTS}/regenerate.mjs`, '--installed', '--check']);
  assert.equal(exitCode, 0, err);
});

test('the set-ups of README run as written, by id alone, on the Node that it names', async (t) => {
  const { nodeVersion, setUps } = await readReadme();
  assert.equal(process.versions.node.split('.')[0], nodeVersion);
  assert.deepEqual([...setUps.keys()], ['Apollo Client', 'urql', 'Relay', 'graphql-ws']);
  const { dependencies } = JSON.parse(await readFile(`${CLIENTS}/package.json`, 'utf8'));
  const operations = operationsOf(start.gatewayUrl, ADMIN_KEY);
  const gateway = { url: start.gatewayUrl, operations };
  const first = {
    'Apollo Client': ['BTC ETH USDT'],
    urql: ['BTC'],
    Relay: ['BTC ETH USDT'],
    'graphql-ws': [],
  };
  for (const [client, expected] of Object.entries(first)) {
    await t.test(client, async () => {
      const setUp = setUps.get(client);
      assert.ok(setUp);
      for (const name of setUp.packages) assert.ok(name.replace(/(?<=.)@.*/, '') in dependencies, name);
      const lines = await runSetUp(setUp, gateway, expected.length + 1);
      const price = lines.pop();
      assert.deepEqual(lines, expected);
      assert.match(String(price), /^BTC \d+(\.\d+)?$/);
    });
  }
});
