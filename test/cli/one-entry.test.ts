/** A query has one entry of the response cache, however it is asked for: in production one isolate runs Worker and hubs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { operationId, operationPath } from '../../bench/requests.ts';
import { type GatewaysOfModes, startGatewaysOfModes } from './gateways-of-modes.ts';

const ID = operationId('MarketList');

let gateways: GatewaysOfModes;
let sockets: Client;

before(async () => {
  gateways = await startGatewaysOfModes('an-admin-key-for-tests-of-32-chars');
  const url = `${gateways.urlOf('id_only').replace('http', 'ws')}/graphql`;
  sockets = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
});

after(async () => {
  await sockets?.dispose();
  await gateways?.close();
});

interface Asked {
  xCache?: string | null;
  answer: unknown;
}
type Ask = (variables: Record<string, unknown>) => Promise<Asked>;

const answered = async (response: Response): Promise<Asked> => ({
  xCache: response.headers.get('x-cache'),
  answer: await response.json(),
});

const byGet: Ask = async (variables) =>
  answered(await fetch(`${gateways.urlOf('id_only')}${operationPath(ID, variables)}`));

const byPost: Ask = async (variables) =>
  answered(
    await fetch(`${gateways.urlOf('id_only')}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ documentId: ID, variables }),
    }),
  );

const bySocket: Ask = async (variables) => {
  const payload = { query: '', documentId: ID, variables };
  const results: unknown[] = [];
  for await (const result of sockets.iterate(payload)) results.push(result);
  assert.equal(results.length, 1);
  return { answer: results[0] };
};

async function executions(): Promise<number> {
  const response = await fetch(`${gateways.urlOf('id_only')}/health`);
  const { executions } = (await response.json()) as { executions: { planned: number; fellBack: number } };
  return executions.planned + executions.fellBack;
}

/** Asks in this order, and for each `X-Cache` as expected: a socket has none. One execution is all that it takes. */
async function assertOneEntry(
  variables: Record<string, unknown>,
  steps: readonly [Ask, string?][],
): Promise<void> {
  const before = await executions();
  const answers: unknown[] = [];
  for (const [ask, expected] of steps) {
    const { xCache, answer } = await ask(variables);
    assert.equal(xCache, expected);
    answers.push(answer);
  }
  assert.equal(await executions(), before + 1);
  const [first] = answers as [FormattedExecutionResult<{ projects: unknown }>];
  assert.ok(first.data?.projects);
  for (const answer of answers) assert.deepEqual(answer, first);
}

test('a query that was first asked for by GET is executed once for GET, POST and a socket', () =>
  assertOneEntry({ first: 7 }, [[byGet, 'MISS'], [byPost, 'HIT'], [bySocket], [byGet, 'HIT']]));

test('a query that was first asked for by POST is executed once for POST, a socket and GET', () =>
  assertOneEntry({ first: 8 }, [[byPost, 'MISS'], [bySocket], [byGet, 'HIT'], [byPost, 'HIT']]));

test('a query that was first asked for by a socket is executed once for sockets, GET and POST', () =>
  assertOneEntry({ first: 9 }, [[bySocket], [bySocket], [byGet, 'HIT'], [byPost, 'HIT']]));
