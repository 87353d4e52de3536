/**
 * Sends two persisted operations each with Apollo Client and with urql, unmodified, and as Relay's network layer does,
 * which every app writes itself; over POST and over GET. Prints a line of JSON for each: what was sent, the status,
 * and what the client made of the answer.
 *
 * `node run-clients.mjs <endpoint> [--client-version 5.2.0]`. The endpoint needs the operations of
 * `manifests/apollo-web.json`, `manifests/codegen-sha256.json` and `manifests/relay.json`, and may refuse documents:
 * none is ever sent. Exits with 1 where a client reports an error.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { Kind, parse } from 'graphql';

const VARIABLES = {
  MarketList: { first: 3 },
  WatchlistPrices: { symbols: ['BTC', 'ETH'] },
  marketTileQuery: { first: 2 },
  poolTileQuery: { id: Buffer.from('IdoPool:pool_0001').toString('base64url') },
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'client-version': { type: 'string', default: '1.0.0' } },
});
const [endpoint] = positionals;
if (endpoint === undefined)
  throw new Error('usage: node run-clients.mjs <endpoint> [--client-version 5.2.0]');
const clientVersion = values['client-version'];

const readText = (path) => readFile(new URL(path, import.meta.url), 'utf8');
const readJson = async (path) => JSON.parse(await readText(path));
const nameOf = (document) =>
  document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION).name.value;

/** A `fetch` that remembers what it sent and the status it got. */
function recordingFetch(record) {
  return async (url, init) => {
    const response = await fetch(url, init);
    const sent = { method: init.method ?? 'GET', url: String(url), body: init.body ?? null };
    Object.assign(record, { sent, headers: Object.fromEntries(new Headers(init.headers)) });
    record.requests = (record.requests ?? 0) + 1;
    record.status = response.status;
    return response;
  };
}

function apolloClient(method, fetch) {
  const persisted = new PersistedQueryLink({
    ...generatePersistedQueryIdsFromManifest({ loadManifest: () => readJson('manifests/apollo-web.json') }),
    useGETForHashedQueries: method === 'GET',
  });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: persisted.concat(new HttpLink({ uri: endpoint, fetch })),
    clientAwareness: { name: 'apollo-web', version: clientVersion },
  });
  return async (query, variables) => {
    const { data, error } = await client.query({ query, variables, errorPolicy: 'all' });
    client.stop();
    return { data, error };
  };
}

/** The ids are those that the codegen client preset writes into its documents. */
function urqlClient(method, fetch) {
  const client = new Client({
    url: endpoint,
    fetch,
    exchanges: [
      persistedExchange({
        enforcePersistedQueries: true,
        preferGetForPersistedQueries: method === 'GET' ? 'force' : false,
        generateHash: async (_text, document) => idIn(codegenManifest, nameOf(document)),
      }),
      fetchExchange,
    ],
    preferGetMethod: false,
    fetchOptions: {
      headers: { 'graphql-client-name': 'urql-web', 'graphql-client-version': clientVersion },
    },
  });
  return (query, variables) => client.query(query, variables).toPromise();
}

/** The id is what relay-compiler puts in place of the text into its artifacts. */
function relayClient(method, fetch) {
  const identity = { 'graphql-client-name': 'relay-web', 'graphql-client-version': clientVersion };
  return async (document, variables) => {
    const id = idIn(relayManifest, nameOf(document));
    const parameters = new URLSearchParams({ doc_id: id, variables: JSON.stringify(variables) });
    const response = await (method === 'GET'
      ? fetch(`${endpoint}?${parameters}`, { headers: identity })
      : fetch(endpoint, {
          method,
          headers: { ...identity, 'content-type': 'application/json' },
          body: JSON.stringify({ doc_id: id, variables }),
        }));
    const { data, errors } = await response.json();
    return { data, error: errors?.[0] };
  };
}

const idIn = (manifest, name) => Object.keys(manifest).find((id) => nameOf(parse(manifest[id])) === name);
const codegenManifest = await readJson('manifests/codegen-sha256.json');
const relayManifest = await readJson('manifests/relay.json');
const ownDocuments = await Promise.all(
  ['market-list', 'watchlist-prices'].map(async (name) =>
    parse(await readText(`../../operations/${name}.graphql`)),
  ),
);
const relayDocuments = Object.values(relayManifest).map((text) => parse(text));

for (const [client, createSender, documents] of [
  ['apollo', apolloClient, ownDocuments],
  ['urql', urqlClient, ownDocuments],
  ['relay', relayClient, relayDocuments],
]) {
  for (const method of ['POST', 'GET']) {
    for (const document of documents) {
      const operation = nameOf(document);
      const record = {};
      const send = createSender(method, recordingFetch(record));
      const { data, error } = await send(document, VARIABLES[operation]).catch((error) => ({ error }));
      const outcome = { data: data ?? null, error: error?.message ?? null };
      process.stdout.write(`${JSON.stringify({ client, method, operation, ...record, ...outcome })}\n`);
      if (error) process.exitCode = 1;
    }
  }
}
