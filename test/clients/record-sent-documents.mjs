/**
 * The texts that clients with their default settings send for a document: Apollo Client 4 and 3, urql with a cache and
 * without, and graphql-request. Nothing leaves the process.
 */
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import * as apollo3 from 'apollo-client-3/core/index.js';
import { getOperationAST, parse } from 'graphql';
import { GraphQLClient } from 'graphql-request';

const ENDPOINT = 'https://gateway.invalid/graphql';

const SENDERS = {
  'apollo-client-4': (document, fetch) => {
    const link = new HttpLink({ uri: ENDPOINT, fetch });
    return new ApolloClient({ cache: new InMemoryCache(), link }).query({ query: document });
  },
  'apollo-client-3': (document, fetch) => {
    const link = new apollo3.HttpLink({ uri: ENDPOINT, fetch });
    return new apollo3.ApolloClient({ cache: new apollo3.InMemoryCache(), link }).query({ query: document });
  },
  urql: (document, fetch) =>
    urqlClient(fetch, [cacheExchange, fetchExchange]).query(document, {}).toPromise(),
  'urql-without-cache': (document, fetch) =>
    urqlClient(fetch, [fetchExchange]).query(document, {}).toPromise(),
  'graphql-request': (document, fetch) => new GraphQLClient(ENDPOINT, { fetch }).request(document),
};

const urqlClient = (fetch, exchanges) =>
  new Client({ url: ENDPOINT, fetch, exchanges, preferGetMethod: false });

/**
 * @param texts of documents that are registered as they are in the app.
 * @param withClientDirectives `{ source, inTheApp }`: the app's text has directives that Apollo Client takes out.
 * @returns `{ client, operation, source, sent }` for each client and each query; `source` is the text to register.
 */
export async function recordSentDocuments(texts, withClientDirectives) {
  const records = [];
  async function record(source, inTheApp, senders) {
    const document = parse(inTheApp);
    const { name, operation } = getOperationAST(document);
    // Subscriptions leave by another way, with the same text.
    if (operation !== 'query') return;
    for (const [client, send] of senders) {
      const sent = await sentText(send, document);
      records.push({ client, operation: name.value, source, sent });
    }
  }
  const senders = Object.entries(SENDERS);
  for (const text of texts) await record(text, text, senders);
  const ofApollo = senders.filter(([client]) => client.startsWith('apollo'));
  for (const { source, inTheApp } of withClientDirectives) await record(source, inTheApp, ofApollo);
  return records;
}

async function sentText(send, document) {
  let sent;
  const recordingFetch = async (_url, init) => {
    sent = JSON.parse(init.body).query;
    return Response.json({ data: null, errors: [{ message: 'recorded' }] });
  };
  try {
    await send(document, recordingFetch);
  } catch (error) {
    // Clients reject with the error of the answer. Without a text they failed before they sent it.
    if (sent === undefined) throw error;
  }
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}
