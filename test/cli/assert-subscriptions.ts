import assert from 'node:assert/strict';
import { runNode } from './running-operations.ts';

/** What `run-subscriptions.mjs` has to find of every client. */
export async function assertSubscriptions(args: readonly string[], refusal: string): Promise<void> {
  const { out, err } = await runNode(['test/clients/run-subscriptions.mjs', ...args]);
  assert.equal(err, '');
  const found = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const clients = ['apollo', 'urql'].flatMap((client) => [
    `${client} over graphql-ws`,
    `${client} over graphql-sse`,
  ]);
  const expected = clients.map((name) => ({
    name,
    atOnce: ['BTC USD', 'BTC USD', 'ETH EUR', 'ETH EUR'],
    afterComplete: 'ETH',
    afterCut: 'ETH',
    refused: [refusal],
  }));
  assert.deepEqual(found, expected);
}
