/**
 * GraphQL over HTTP: Yoga, with what it runs decided by the operations registry and executed by graphql-js.
 *
 * Yoga's own CORS, health check and landing page are off: routing and headers are `http/`'s. So are its parsing and
 * validation: a document is read, guarded and validated before Yoga sees it, and only where nobody has yet.
 */
import { type DocumentNode, type execute as ExecuteFn, execute } from 'graphql';
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import { chooseDocument } from '../operations/choose-document.ts';
import { ClientDocuments } from '../operations/client-documents.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import { countRefusal } from '../operations/count-refusal.ts';
import { readOperationRequest } from '../operations/read-operation-request.ts';
import type { OperationRegistry, OperationUsage } from '../operations/registered-operation.ts';
import type { GatewayContext } from './context.ts';
import { deprecationHeaders } from './deprecation-headers.ts';
import { useErrorPolicy } from './error-policy.ts';
import { renderGraphiQL } from './graphiql.ts';
import { createPrepareOperation } from './prepare-operation.ts';
import type { RequestServices } from './request-services.ts';

export interface YogaOptions {
  schema: typeof gatewaySchema;
  mode: OperationsMode;
  registry: OperationRegistry;
  usage: OperationUsage;
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
    parserAndValidationCache: false,
    graphiql: options.graphiql,
    renderGraphiQL,
    // In the order in which they act on a request.
    plugins: [useOperationRequests(options), useGraphQLJs(options.mode), useErrorPolicy()],
  });
}

interface Prepared {
  document: DocumentNode;
  headers: Record<string, string>;
}

/** Reads every wire form, and has only the document that may run be executed. */
function useOperationRequests({ schema, mode, registry, usage }: YogaOptions): Plugin {
  const sources = { mode, registry, usage, clientDocuments: new ClientDocuments() };
  const prepare = createPrepareOperation(schema, mode, usage);
  const preparedBy = new WeakMap<Request, Prepared>();
  return {
    onRequestParse({ request, setRequestParser }) {
      setRequestParser(async () => {
        const sent = await readOperationRequest(request).catch((error) =>
          countRefusal(error, usage, { documentId: null, client: readClientIdentity(request.headers) }),
        );
        const chosen = await chooseDocument(sent, sources);
        const document = prepare(sent, chosen, request);
        if (chosen.found !== null) usage.used(chosen.found.operation.id, sent.client);
        preparedBy.set(request, { document, headers: deprecationHeaders(chosen.found) });
        const params: GraphQLParams = { query: chosen.document };
        if (sent.operationName !== undefined) params.operationName = sent.operationName;
        if (sent.variables !== undefined) params.variables = sent.variables;
        if (sent.extensions !== undefined) params.extensions = sent.extensions;
        return params;
      });
    },
    onParse({ context, setParsedDocument }) {
      const prepared = preparedBy.get(context.request);
      if (prepared === undefined) throw new Error('no operation was prepared for this request');
      setParsedDocument(prepared.document);
    },
    onValidate({ setResult }) {
      setResult([]);
    },
    onResponse({ request, response }) {
      const headers = preparedBy.get(request)?.headers ?? {};
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    },
  };
}

/** graphql-js, whose semantics are the ones promised; Yoga's own executor is slower and its own reading of them. */
function useGraphQLJs(mode: OperationsMode): Plugin {
  const hideSuggestions = mode !== 'open';
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: Parameters<typeof ExecuteFn>[0]) => execute({ ...args, hideSuggestions }));
    },
  };
}
