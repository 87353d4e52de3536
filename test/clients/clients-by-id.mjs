/** Clients as they are installed, with their default settings, which send the ids of a build's manifest. */
import { readFile } from 'node:fs/promises';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import apollo3 from 'apollo-client-3/core/core.cjs';
import apollo3PersistedQueries from 'apollo-client-3/link/persisted-queries/persisted-queries.cjs';
import { GraphQLClient } from 'graphql-request';
import { apolloClient, tanStackQuery, urqlClient } from './clients-by-document.mjs';
import { operationNameOf } from './operation-name.mjs';
import { relayClient } from './relay-client.mjs';

const readJson = async (name) =>
  JSON.parse(await readFile(new URL(`manifests/${name}.json`, import.meta.url), 'utf8'));

const apolloIds = () => generatePersistedQueryIdsFromManifest({ loadManifest: () => readJson('apollo-web') });
const apollo4 = (settings) => (asked) =>
  apolloClient(
    { ApolloClient, HttpLink, InMemoryCache },
    asked,
    new PersistedQueryLink({ ...apolloIds(), ...settings }),
  );
const apollo3Ids = (settings) => (asked) =>
  apolloClient(
    apollo3,
    asked,
    apollo3PersistedQueries.createPersistedQueryLink({ ...apolloIds(), ...settings }),
  );

/** The ids are those that the codegen client preset writes into its documents. */
const codegenManifest = await readJson('codegen-sha256');
const idOf = (name) =>
  Object.keys(codegenManifest).find((id) => operationNameOf(codegenManifest[id]) === name);

const urqlIds = (settings) => (asked) => {
  const generateHash = async (text) => idOf(operationNameOf(text));
  const persisted = persistedExchange({ enforcePersistedQueries: true, generateHash, ...settings });
  return urqlClient([persisted, fetchExchange], asked);
};

const graphqlRequestIds = ({ endpoint, fetch }) => {
  const requestMiddleware = (request) => {
    const { query, ...rest } = JSON.parse(request.body);
    return { ...request, body: JSON.stringify({ ...rest, documentId: idOf(operationNameOf(query)) }) };
  };
  const client = new GraphQLClient(endpoint, { fetch, requestMiddleware });
  return ({ text }, variables) => client.request(text, variables);
};

export const CLIENTS_BY_ID = {
  'Apollo Client 3': { createSender: apollo3Ids({}) },
  'Apollo Client 3 by GET': { createSender: apollo3Ids({ useGETForHashedQueries: true }) },
  'Apollo Client 4': { createSender: apollo4({}) },
  'Apollo Client 4 by GET': { createSender: apollo4({ useGETForHashedQueries: true }) },
  urql: { createSender: urqlIds({}) },
  'urql by POST': { createSender: urqlIds({ preferGetForPersistedQueries: false }) },
  Relay: { createSender: relayClient, operations: 'relay' },
  'graphql-request': { createSender: graphqlRequestIds },
  'TanStack Query': { createSender: tanStackQuery(graphqlRequestIds) },
};
