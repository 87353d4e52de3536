/**
 * Sends queries with real clients and their default settings to gateways of several modes, each twice, and prints a line
 * of JSON for each: the requests that it took, with their statuses, and what the client made of the answer.
 *
 * `node run-clients.mjs <mode>=<endpoint>…`. In `id_only` the clients send ids, and the endpoint needs the operations of
 * `manifests/apollo-web.json`, `manifests/codegen-sha256.json` and `manifests/relay.json`; in `safelist` those of the
 * last. In `open` and `audit` they also send a document that is not registered. Exits with 1 if a client reports an error.
 */
import { readFile } from 'node:fs/promises';
import { CLIENTS_BY_DOCUMENT } from './clients-by-document.mjs';
import { CLIENTS_BY_ID } from './clients-by-id.mjs';
import { operationNameOf } from './operation-name.mjs';
import { compileRelay } from './relay-client.mjs';

const VARIABLES = {
  MarketList: { first: 3 },
  WatchlistPrices: { symbols: ['BTC', 'ETH'] },
  Unregistered: { symbol: 'BTC' },
  marketTileQuery: { first: 2 },
  poolTileQuery: { id: Buffer.from('IdoPool:pool_0001').toString('base64url') },
};

const gateways = process.argv.slice(2).map((pair) => pair.split('='));
if (gateways.length === 0) throw new Error('usage: node run-clients.mjs <mode>=<endpoint>…');

const named = (text) => ({ name: operationNameOf(text), text });
const registered = await Promise.all(
  ['market-list', 'watchlist-prices'].map(async (name) =>
    named(await readFile(new URL(`../../operations/${name}.graphql`, import.meta.url), 'utf8')),
  ),
);
const UNREGISTERED = named(
  'query Unregistered($symbol: String!) { price(symbol: $symbol) { symbol price } }',
);
// Two compilers at once would write into one folder of the operating system.
const relayByDocument = await compileRelay({ byId: false });
const relayById = await compileRelay({ byId: true });

/** A `fetch` that keeps what was sent and the status of the answer. */
function recordingFetch(requests) {
  return async (url, init) => {
    const response = await fetch(url, init);
    const { method = 'GET', body = null } = init;
    requests.push({ method, url: String(url), body, status: response.status });
    return response;
  };
}

async function sendTwice(mode, endpoint, [client, { createSender, registers = false }], operation) {
  const requests = [];
  const send = createSender({ endpoint, fetch: recordingFetch(requests) });
  for (const isFirst of [true, false]) {
    let data = null;
    let error = null;
    try {
      data = await send(operation, VARIABLES[operation.name]);
    } catch (failure) {
      error = String(failure);
      process.exitCode = 1;
    }
    const line = { mode, client, registers, isFirst, operation: operation.name, data, error };
    process.stdout.write(`${JSON.stringify({ ...line, requests: requests.splice(0) })}\n`);
  }
}

await Promise.all(
  gateways.flatMap(([mode, endpoint]) => {
    const byId = mode === 'id_only';
    const own = mode === 'open' || mode === 'audit' ? [...registered, UNREGISTERED] : registered;
    const relay = byId ? relayById : relayByDocument;
    return Object.entries(byId ? CLIENTS_BY_ID : CLIENTS_BY_DOCUMENT).flatMap((client) =>
      (client[1].operations === 'relay' ? relay : own).map((operation) =>
        sendTwice(mode, endpoint, client, operation),
      ),
    );
  }),
);
