/**
 * The peer that people would build instead: Yoga with its persisted operations and its response cache, over the same schema
 * object and the same data in memory, put together as their documentation shows:
 * the-guild.dev/graphql/yoga-server/docs/features/persisted-operations and .../response-caching.
 *
 * Beyond that it is given what helps it: no log, no GraphiQL, no health check, and registered documents that are not
 * validated again. Its cache stands behind the persisted operations, since it keys by the document that they find, and
 * says whether it was hit in `extensions.responseCache`.
 */
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import { createInMemoryCache, useResponseCache } from '@graphql-yoga/plugin-response-cache';
import { createYoga } from 'graphql-yoga';
import { schema } from '../../schema/schema.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import { contextInMemory, keepMarket } from './market-in-memory.ts';

const documents = new Map(bundledRelease.operations.map(({ id, document }) => [id, document]));

/** As long as the gateway keeps a market list. */
const ANSWER_MS = 60_000;
/** By default it keeps a thousand, which as large lists would not fit the 128 MB of an isolate. */
const ANSWERS_MAX = 100;

const yoga = createYoga({
  schema,
  context: () => contextInMemory('peer'),
  graphiql: false,
  landingPage: false,
  logging: false,
  plugins: [
    usePersistedOperations({
      getPersistedOperation: (sha256Hash) => documents.get(`sha256:${sha256Hash}`) ?? null,
      skipDocumentValidation: true,
    }),
    useResponseCache({
      session: () => null,
      ttl: ANSWER_MS,
      cache: createInMemoryCache({ max: ANSWERS_MAX }),
      includeExtensionMetadata: true,
    }),
  ],
});

export default {
  fetch: (request) => (request.method === 'PUT' ? keepMarket(request) : yoga.fetch(request)),
} satisfies ExportedHandler;
