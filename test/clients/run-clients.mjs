/**
 * Sends two persisted operations with Apollo Client and with urql, unmodified, each over POST and over GET, and
 * prints a line of JSON for each: what was sent, the status, and what the client made of the answer.
 *
 * `node run-clients.mjs <endpoint> [--client-version 5.2.0]`. The endpoint needs the operations of
 * `manifests/apollo-web.json` and `manifests/codegen-sha256.json`, and may refuse documents: none is ever sent.
 * Exits with 1 where a client reports an error.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { Kind, parse } from 'graphql';

const OPERATIONS = [
  { file: 'market-list.graphql', variables: { first: 3 } },
  { file: 'watchlist-prices.graphql', variables: { symbols: ['BTC', 'ETH'] } },
];

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
function urqlClient(method, fetch, idsByName) {
  const client = new Client({
    url: endpoint,
    fetch,
    exchanges: [
      persistedExchange({
        enforcePersistedQueries: true,
        preferGetForPersistedQueries: method === 'GET' ? 'force' : false,
        generateHash: async (_text, document) => idsByName.get(nameOf(document)),
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

const persistedDocuments = await readJson('manifests/codegen-sha256.json');
const idsByName = new Map(Object.entries(persistedDocuments).map(([id, text]) => [nameOf(parse(text)), id]));
const senders = { apollo: apolloClient, urql: urqlClient };

for (const [client, createSender] of Object.entries(senders)) {
  for (const method of ['POST', 'GET']) {
    for (const { file, variables } of OPERATIONS) {
      const document = parse(await readText(`../../operations/${file}`));
      const record = {};
      const send = createSender(method, recordingFetch(record), idsByName);
      const { data, error } = await send(document, variables).catch((error) => ({ error }));
      const outcome = { data: data ?? null, error: error?.message ?? null };
      process.stdout.write(
        `${JSON.stringify({ client, method, operation: nameOf(document), ...record, ...outcome })}\n`,
      );
      if (error) process.exitCode = 1;
    }
  }
}
