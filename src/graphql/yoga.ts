/**
 * GraphQL over HTTP: Yoga, with what it runs decided by the operations registry and executed by graphql-js.
 *
 * Yoga's own CORS, health check and landing page are off: routing and headers are `http/`'s.
 */
import { execute, parse } from 'graphql';
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import { DOCUMENT_MAX_TOKENS, type OperationsMode } from '../config.ts';
import { chooseDocument } from '../operations/choose-document.ts';
import type { RegisteredOperation } from '../operations/manifest.ts';
import { readOperationRequest } from '../operations/operation-request.ts';
import type { GatewayContext } from './context.ts';
import { useErrorPolicy } from './error-policy.ts';
import { renderGraphiQL } from './graphiql.ts';
import { ParsedDocuments } from './parsed-documents.ts';
import type { RequestServices } from './request-services.ts';

export interface YogaOptions {
  schema: typeof gatewaySchema;
  mode: OperationsMode;
  findOperation: (id: string) => RegisteredOperation | undefined;
  graphiql: boolean;
}

export function createGraphQLHandler(options: YogaOptions) {
  return createYoga<RequestServices, GatewayContext>({
    schema: options.schema,
    graphqlEndpoint: '/graphql*',
    context: (services) => services.createContext(),
    cors: false,
    // Yoga answers every URL that ends so, and no URL ends in a space.
    healthCheckEndpoint: ' ',
    landingPage: false,
    logging: false,
    // Errors are masked, numbered and logged by `useErrorPolicy`, which knows the request.
    maskedErrors: false,
    multipart: false,
    maxRequestBodySize: false,
    // Errors are not worth keeping: each would hold on to the text it was found in.
    parserAndValidationCache: {
      documentCache: new ParsedDocuments(),
      errorCache: { get: () => undefined, set: () => undefined },
    },
    graphiql: options.graphiql,
    renderGraphiQL,
    // In the order in which they act on a request.
    plugins: [useOperationRequests(options), useGraphQLJs(), useErrorPolicy()],
  });
}

/** Reads every wire form, and puts the document that may run in its place. */
function useOperationRequests({ mode, findOperation }: YogaOptions): Plugin {
  return {
    onRequestParse({ setRequestParser }) {
      setRequestParser(async (request) => {
        const operation = await readOperationRequest(request);
        const params: GraphQLParams = { query: await chooseDocument(operation, mode, findOperation) };
        if (operation.operationName !== undefined) params.operationName = operation.operationName;
        if (operation.variables !== undefined) params.variables = operation.variables;
        if (operation.extensions !== undefined) params.extensions = operation.extensions;
        return params;
      });
    },
  };
}

/** graphql-js, whose semantics are the ones promised; Yoga's own executor is slower and its own reading of them. */
function useGraphQLJs(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: Parameters<typeof parse>[0]) => parse(source, { maxTokens: DOCUMENT_MAX_TOKENS }));
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute);
    },
  };
}
