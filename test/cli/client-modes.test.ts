/** Clients as they are installed, with their default settings, against the gateway in every mode. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type GatewaysOfModes, type Mode, startGatewaysOfModes } from './gateways-of-modes.ts';
import { operationsOf, runNode } from './running-operations.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const CLIENTS = 'test/clients';
const FIELDS = {
  MarketList: 'projects',
  WatchlistPrices: 'prices',
  Unregistered: 'price',
  marketTileQuery: 'trendingProjects',
  poolTileQuery: 'idoPool',
};
const REGISTERED = ['MarketList', 'WatchlistPrices'] as const;
const OF_RELAY = ['marketTileQuery', 'poolTileQuery'] as const;

/** How each client sends its requests: one, after the first time. */
const BY_DOCUMENT = {
  'Apollo Client 3': 'POST',
  'Apollo Client 3, hashes': 'POST',
  'Apollo Client 3, hashes by GET': 'GET',
  'Apollo Client 4': 'POST',
  'Apollo Client 4, hashes': 'POST',
  'Apollo Client 4, hashes by GET': 'GET',
  urql: 'GET',
  'urql, hashes': 'GET',
  Relay: 'POST',
  'graphql-request': 'POST',
  'TanStack Query': 'POST',
};
const BY_ID = {
  'Apollo Client 3': 'POST',
  'Apollo Client 3 by GET': 'GET',
  'Apollo Client 4': 'POST',
  'Apollo Client 4 by GET': 'GET',
  urql: 'GET',
  'urql by POST': 'POST',
  Relay: 'POST',
  'graphql-request': 'POST',
  'TanStack Query': 'POST',
};

/** A line of `run-clients.mjs`. */
interface Sent {
  mode: Mode;
  client: string;
  operation: keyof typeof FIELDS;
  isFirst: boolean;
  requests: { method: string; url: string; body: string | null; status: number }[];
  data: Record<string, unknown> | null;
  error: string | null;
}

let gateways: GatewaysOfModes;

before(async () => {
  gateways = await startGatewaysOfModes(ADMIN_KEY);
});

after(() => gateways?.close());

async function publish(client: string, manifest: string): Promise<void> {
  const operations = operationsOf(gateways.urlOf('id_only'), ADMIN_KEY);
  const file = `${CLIENTS}/manifests/${manifest}.json`;
  const { exitCode, err } = await operations(`publish --client ${client} --version 1.0.0 ${file}`);
  assert.equal(exitCode, 0, err);
}

async function sentTo(modes: readonly Mode[]): Promise<Sent[]> {
  const endpoints = modes.map((mode) => `${mode}=${gateways.urlOf(mode)}/graphql`);
  const { out, err } = await runNode([`${CLIENTS}/run-clients.mjs`, ...endpoints]);
  assert.equal(err, '');
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sent);
}

const named = ({ mode, client, operation, isFirst }: Omit<Sent, 'requests' | 'data' | 'error'>) =>
  `${mode}: ${client}: ${operation}${isFirst ? '' : ' again'}`;

/** Every client has sent each of its operations twice, and got its data each time. */
function assertServed(
  sent: readonly Sent[],
  modes: readonly Mode[],
  clients: Readonly<Record<string, string>>,
): void {
  const expected = modes.flatMap((mode) =>
    Object.keys(clients).flatMap((client) => {
      const own = mode === 'open' || mode === 'audit' ? [...REGISTERED, 'Unregistered' as const] : REGISTERED;
      return (client === 'Relay' ? OF_RELAY : own).flatMap((operation) =>
        [true, false].map((isFirst) => named({ mode, client, operation, isFirst })),
      );
    }),
  );
  assert.deepEqual(sent.map(named).toSorted(), expected.toSorted());
  for (const line of sent) {
    const { client, operation, isFirst, requests, data, error } = line;
    assert.equal(error, null, `${named(line)}: ${error}`);
    assert.ok(data?.[FIELDS[operation]], named(line));
    const statuses = requests.map(({ status }) => status);
    // A hash that the gateway does not know costs one more request, once.
    const registers = isFirst && client.includes('hashes');
    assert.deepEqual(statuses, registers && requests.length === 2 ? [200, 200] : [200], named(line));
    const [first] = requests;
    assert.equal(first?.method, clients[client], named(line));
  }
}

test('clients that send documents or hashes are served in open, audit and safelist', async () => {
  await publish('relay-web', 'relay');
  const modes = ['open', 'audit', 'safelist'] as const;
  const sent = await sentTo(modes);
  assertServed(sent, modes, BY_DOCUMENT);
  // A document that is not registered was sent by its hash first.
  const registering = sent.filter(({ requests }) => requests.length === 2);
  assert.ok(registering.some(({ operation }) => operation === 'Unregistered'));
  assert.ok(registering.every(({ mode }) => mode !== 'safelist'));
});

test('clients that send the ids of their builds are served in id_only, and send nothing else', async () => {
  await publish('apollo-web', 'apollo-web');
  await publish('urql-web', 'codegen-sha256');
  const sent = await sentTo(['id_only']);
  assertServed(sent, ['id_only'], BY_ID);
  for (const line of sent) {
    for (const { url, body } of line.requests) {
      const properties = body === null ? Object.fromEntries(new URL(url).searchParams) : JSON.parse(body);
      assert.ok(!('query' in properties), named(line));
    }
  }
});
