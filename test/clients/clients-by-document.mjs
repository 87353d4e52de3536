/**
 * Clients as they are installed, with their default settings, which send documents or, by Apollo's protocol, hashes that
 * they register. Each entry makes the function that sends one query past the client's cache.
 */
import { createHash } from 'node:crypto';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { QueryClient } from '@tanstack/query-core';
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import apollo3 from 'apollo-client-3/core/core.cjs';
import apollo3PersistedQueries from 'apollo-client-3/link/persisted-queries/persisted-queries.cjs';
import { parse } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import { relayClient } from './relay-client.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

export const apolloClient = ({ ApolloClient, HttpLink, InMemoryCache }, { endpoint, fetch }, persisted) => {
  const http = new HttpLink({ uri: endpoint, fetch });
  const link = persisted === undefined ? http : persisted.concat(http);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  return async ({ text }, variables) => {
    const { data, error } = await client.query({
      query: parse(text),
      variables,
      fetchPolicy: 'network-only',
    });
    if (error) throw error;
    return data;
  };
};

const APOLLO_4 = { ApolloClient, HttpLink, InMemoryCache };
const apollo4Hashes = (settings) => (asked) =>
  apolloClient(APOLLO_4, asked, new PersistedQueryLink({ sha256, ...settings }));
const apollo3Hashes = (settings) => (asked) =>
  apolloClient(apollo3, asked, apollo3PersistedQueries.createPersistedQueryLink({ sha256, ...settings }));

export const urqlClient = (exchanges, { endpoint, fetch }) => {
  const client = new Client({ url: endpoint, fetch, exchanges });
  return async ({ text }, variables) => {
    const { data, error } = await client
      .query(text, variables, { requestPolicy: 'network-only' })
      .toPromise();
    if (error) throw error;
    return data;
  };
};

const graphqlRequest = ({ endpoint, fetch }) => {
  const client = new GraphQLClient(endpoint, { fetch });
  return ({ text }, variables) => client.request(text, variables);
};

/** TanStack Query sends nothing of itself. Its documentation has graphql-request do it. */
export const tanStackQuery = (createSender) => (asked) => {
  const queryClient = new QueryClient();
  const send = createSender(asked);
  return (operation, variables) =>
    queryClient.fetchQuery({
      queryKey: [operation.name, variables],
      queryFn: () => send(operation, variables),
      retry: false,
    });
};

/** By name; `registers` is true where the client asks by a hash first, and sends the document if that is unknown. */
export const CLIENTS_BY_DOCUMENT = {
  'Apollo Client 3': { createSender: (asked) => apolloClient(apollo3, asked) },
  'Apollo Client 3, hashes': { createSender: apollo3Hashes({}), registers: true },
  'Apollo Client 3, hashes by GET': {
    createSender: apollo3Hashes({ useGETForHashedQueries: true }),
    registers: true,
  },
  'Apollo Client 4': { createSender: (asked) => apolloClient(APOLLO_4, asked) },
  'Apollo Client 4, hashes': { createSender: apollo4Hashes({}), registers: true },
  'Apollo Client 4, hashes by GET': {
    createSender: apollo4Hashes({ useGETForHashedQueries: true }),
    registers: true,
  },
  urql: { createSender: (asked) => urqlClient([cacheExchange, fetchExchange], asked) },
  'urql, hashes': {
    createSender: (asked) => urqlClient([cacheExchange, persistedExchange({}), fetchExchange], asked),
    registers: true,
  },
  Relay: { createSender: relayClient, operations: 'relay' },
  'graphql-request': { createSender: graphqlRequest },
  'TanStack Query': { createSender: tanStackQuery(graphqlRequest) },
};
