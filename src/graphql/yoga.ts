/**
 * GraphQL over HTTP: Yoga, for what the response cache has no part in.
 *
 * Yoga's own CORS, health check and landing page are off: routing and headers are `http/`'s. So are its parsing and
 * validation: a document is read, guarded and validated before Yoga sees it, and only where nobody has yet.
 */
import type { DocumentNode } from 'graphql';
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import type { GatewayContext } from './context.ts';
import { useErrorPolicy } from './error-policy.ts';
import { createExecute } from './execute-operation.ts';
import { renderGraphiQL } from './graphiql.ts';
import type { RequestServices } from './request-services.ts';

export interface YogaOptions {
  schema: typeof gatewaySchema;
  mode: OperationsMode;
  graphiql: boolean;
}

export function createGraphQLHandler({ schema, mode, graphiql }: YogaOptions) {
  return createYoga<RequestServices, GatewayContext>({
    schema,
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
    parserAndValidationCache: false,
    graphiql,
    renderGraphiQL,
    // In the order in which they act on a request.
    plugins: [usePreparedRequests(), useExecute(mode), useErrorPolicy()],
  });
}

/** Has only the document that may run be executed, whichever way it was asked for. */
function usePreparedRequests(): Plugin<object, RequestServices> {
  const documents = new WeakMap<Request, DocumentNode>();
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      setRequestParser(async () => {
        const { sent, chosen, document } = await serverContext.prepare();
        documents.set(request, document);
        const params: GraphQLParams = { query: chosen.document };
        if (sent.operationName !== undefined) params.operationName = sent.operationName;
        if (sent.variables !== undefined) params.variables = sent.variables;
        if (sent.extensions !== undefined) params.extensions = sent.extensions;
        return params;
      });
    },
    onParse({ context, setParsedDocument }) {
      const document = documents.get(context.request);
      if (document === undefined) throw new Error('no operation was prepared for this request');
      setParsedDocument(document);
    },
    onValidate({ setResult }) {
      setResult([]);
    },
  };
}

function useExecute(mode: OperationsMode): Plugin {
  const execute = createExecute(mode);
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute);
    },
  };
}
