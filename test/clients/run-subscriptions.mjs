/**
 * Watches prices with Apollo Client and with urql, unmodified, each over graphql-ws's client and over graphql-sse's, all
 * four at a time, and prints a line of JSON for each: what came of two subscriptions at once, of the one that went on
 * after the other was completed, of a connection that broke, and of a subscription that is refused.
 *
 * `node run-subscriptions.mjs <endpoint> [--by-id]`. By id the endpoint needs `manifests/apollo-web.json` and
 * `manifests/codegen-sha256.json`, and may refuse documents: none is sent but the one to be refused.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { Client, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { parse } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { startCuttableProxy } from '../support/cuttable-proxy.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'by-id': { type: 'boolean', default: false } },
});
const [endpoint] = positionals;
if (endpoint === undefined) throw new Error('usage: node run-subscriptions.mjs <endpoint> [--by-id]');
const byId = values['by-id'];

const readText = (path) => readFile(new URL(path, import.meta.url), 'utf8');
const readJson = async (path) => JSON.parse(await readText(path));
const TICKER = parse(await readText('../../operations/price-ticker.graphql'));
/** Known to nobody: no schema has the field, and no manifest the document. */
const REFUSED = parse('subscription Refused { nobody }');
const codegenIds = new Map(
  Object.entries(await readJson('manifests/codegen-sha256.json')).map(([id, text]) => [
    text.match(/^\w+ (\w+)/)[1],
    id,
  ]),
);

/** Node's WebSocket says that a connection broke by an error event, which the client does not try again of itself. */
const wsClientOf = (url) =>
  createWsClient({
    url: url.replace('http', 'ws'),
    shouldRetry: (problem) => !(problem instanceof Error),
    retryWait: async () => undefined,
  });

/** What is refused has a status, and graphql-sse's client takes any status for a broken connection: once is enough. */
const sseClientOf = (url) => {
  const client = createSseClient({ url, retryAttempts: 1, retry: async () => undefined });
  const refusal = async (error) => (await error.response?.json())?.errors ?? error;
  return {
    ...client,
    subscribe: (payload, sink) =>
      client.subscribe(payload, {
        next: (result) => sink.next(result),
        complete: () => sink.complete(),
        error: async (error) => sink.error(await refusal(error)),
      }),
  };
};

/** A document beside its id is what `id_only` refuses; Apollo's link sends one, and graphql-ws's client asks for a text. */
const idInPlaceOfDocument = (client) => ({
  ...client,
  subscribe: (payload, sink) => {
    const query = payload.extensions?.persistedQuery ? '' : payload.query;
    return client.subscribe({ ...payload, query }, sink);
  },
});

/** The link asks no more of a client than graphql-sse's has, too. */
function apolloOver(client) {
  const persisted = new PersistedQueryLink(
    generatePersistedQueryIdsFromManifest({ loadManifest: () => readJson('manifests/apollo-web.json') }),
  );
  const link = new GraphQLWsLink(client);
  // The generator of ids knows nothing that is in no manifest.
  const isPersisted = ({ operationName }) => byId && operationName !== 'Refused';
  const apollo = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(isPersisted, persisted.concat(link), link),
  });
  return (query, variables, observer) => {
    const watching = apollo.subscribe({ query, variables, errorPolicy: 'all' }).subscribe(observer);
    return () => watching.unsubscribe();
  };
}

function urqlOver(client) {
  const persisted = persistedExchange({
    enforcePersistedQueries: true,
    enableForSubscriptions: true,
    generateHash: async (_text, document) =>
      codegenIds.get(document.definitions.find(({ name }) => name)?.name.value),
  });
  const carried = subscriptionExchange({
    forwardSubscription: (request) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe(request, sink) }),
    }),
  });
  const urql = new Client({
    url: endpoint,
    exchanges: byId ? [persisted, carried] : [carried],
    preferGetMethod: false,
  });
  return (query, variables, { next }) => {
    const watching = urql.subscription(query, variables).subscribe(next);
    return () => watching.unsubscribe();
  };
}

/** What comes of one subscription, one result after the other; an error is a result. */
function watch(subscribe, query, variables) {
  const results = [];
  let wake = () => undefined;
  const came = (result) => {
    results.push(result);
    wake();
  };
  const stop = subscribe(query, variables, {
    next: came,
    error: (error) => came({ error }),
    complete: () => undefined,
  });
  const next = async () => {
    while (results.length === 0)
      await new Promise((resolve) => {
        wake = resolve;
      });
    return results.shift();
  };
  return { next, stop };
}

async function nextPrice(watched) {
  const { data, error } = await watched.next();
  if (error) throw error;
  return data.priceUpdated;
}

/** Apollo Client and urql name them differently. */
const codesOf = (error) => (error.errors ?? error.graphQLErrors).map(({ extensions }) => extensions.code);

async function tryOut(subscribe, cut) {
  const bitcoin = watch(subscribe, TICKER, { symbols: ['BTC'] });
  const ether = watch(subscribe, TICKER, { symbols: ['ETH'], currency: 'EUR' });
  const atOnce = [];
  for (const watched of [bitcoin, bitcoin, ether, ether]) {
    const { symbol, currency } = await nextPrice(watched);
    atOnce.push(`${symbol} ${currency}`);
  }
  bitcoin.stop();
  const afterComplete = (await nextPrice(ether)).symbol;
  cut();
  const afterCut = (await nextPrice(ether)).symbol;
  ether.stop();
  const refused = watch(subscribe, REFUSED, {});
  const codes = codesOf((await refused.next()).error);
  refused.stop();
  return { atOnce, afterComplete, afterCut, refused: codes };
}

const CLIENTS = [
  ['apollo over graphql-ws', wsClientOf, apolloOver],
  ['apollo over graphql-sse', sseClientOf, apolloOver],
  ['urql over graphql-ws', wsClientOf, urqlOver],
  ['urql over graphql-sse', sseClientOf, urqlOver],
];
const outcomes = await Promise.all(
  CLIENTS.map(async ([name, clientOf, subscribeOver]) => {
    const proxy = await startCuttableProxy(endpoint);
    const client = clientOf(`${proxy.url}/graphql`);
    const outcome = await tryOut(subscribeOver(idInPlaceOfDocument(client)), proxy.cut);
    await client.dispose();
    await proxy.close();
    return { name, ...outcome };
  }),
);
for (const outcome of outcomes) process.stdout.write(`${JSON.stringify(outcome)}\n`);
