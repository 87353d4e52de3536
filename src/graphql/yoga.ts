/**
 * GraphQL over HTTP by Yoga, for every answer that is not shared.
 *
 * Yoga's own CORS, health check and landing page are off: routing and headers are `http/`'s. So are its parsing and
 * validation: `serving/` reads, guards and validates a document before Yoga sees it.
 */
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import { createYoga, type GraphQLParams, type Plugin, processRegularResult } from 'graphql-yoga';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { FaultListener, GatewayContext } from './context.ts';
import { errorPresenter } from './error-policy.ts';

export interface YogaOptions {
  schema: typeof gatewaySchema;
  /** @param timeLimitMs of the operation; null without one */
  execute(args: ExecutionArgs, timeLimitMs: number | null): ExecutionResult | Promise<ExecutionResult>;
}

/** One HTTP request, as Yoga's plugins see it. */
export interface RequestServices extends FaultListener {
  /** The answer's media type; null where the client accepts none that the gateway has. */
  mediaType: string | null;
  /** Reads the request and decides what it runs, at the first call. Rejects with the reason why nothing runs. */
  prepare(): Promise<PreparedDocument>;
  /** @param bytes of the answer's body */
  onBody(bytes: number): void;
  /** Is called when an operation is about to run, and only then. */
  createContext(): Promise<GatewayContext>;
}

/** Yoga copies the properties of a context, and would make every service of ours. */
interface YogaContext {
  gateway: GatewayContext;
}

export interface PreparedDocument {
  sent: Pick<OperationRequest, 'operationName' | 'variables' | 'extensions'>;
  chosen: { document: string; found: { timeLimitMs: number | null } | null };
  document: DocumentNode;
}

type PreparedDocuments = WeakMap<Request, PreparedDocument>;

export function createGraphQLHandler({ schema, execute }: YogaOptions) {
  const prepared: PreparedDocuments = new WeakMap();
  return createYoga<RequestServices, YogaContext>({
    schema,
    graphqlEndpoint: '/graphql*',
    context: async (services) => ({ gateway: await services.createContext() }),
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
    graphiql: false,
    // In the order in which they act on a request.
    plugins: [usePreparedRequests(prepared), useExecute(execute, prepared), useErrorPolicy()],
  });
}

/** Executes the prepared document in place of the one that Yoga would read. */
function usePreparedRequests(prepared: PreparedDocuments): Plugin<object, RequestServices> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      setRequestParser(async () => {
        const own = await serverContext.prepare();
        prepared.set(request, own);
        const { sent, chosen } = own;
        const params: GraphQLParams = { query: chosen.document };
        if (sent.operationName !== undefined) params.operationName = sent.operationName;
        if (sent.variables !== undefined) params.variables = sent.variables;
        if (sent.extensions !== undefined) params.extensions = sent.extensions;
        return params;
      });
    },
    onParse({ context, setParsedDocument }) {
      const own = prepared.get(context.request);
      if (own === undefined) throw new Error('no operation was prepared for this request');
      setParsedDocument(own.document);
    },
    onValidate({ setResult }) {
      setResult([]);
    },
  };
}

function useExecute(execute: YogaOptions['execute'], prepared: PreparedDocuments): Plugin<YogaContext> {
  const inGateway = <Args extends ExecutionArgs>(args: Args): Args => ({
    ...args,
    contextValue: (args.contextValue as YogaContext).gateway,
  });
  return {
    onExecute({ args, setExecuteFn }) {
      const timeLimitMs = prepared.get(args.contextValue.request)?.chosen.found?.timeLimitMs ?? null;
      setExecuteFn((given: ExecutionArgs) => execute(inGateway(given), timeLimitMs));
    },
    // A subscription over plain HTTP is refused by its context, which has no events.
    onSubscribe({ subscribeFn, setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => subscribeFn(inGateway(args)));
    },
  };
}

/** Presents errors to clients, and answers with one JSON text, also where the client accepts none. */
function useErrorPolicy(): Plugin<object, RequestServices> {
  return {
    onResultProcess({ result, setResult, setResultProcessor, serverContext }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result) return;
      const { mediaType } = serverContext;
      if (result.errors?.length) {
        // A mutation that may not run leaves null: it has the status of its error.
        const present = errorPresenter(result.data != null, serverContext);
        const errors = result.errors.map(present);
        serverContext.onErrors?.(errors, result.data != null);
        setResult({ ...result, errors });
      } else if (mediaType === null) {
        serverContext.onErrors?.([NOT_ACCEPTABLE], false);
        setResult({ errors: [NOT_ACCEPTABLE] });
      }
      setResultProcessor(
        (answer, fetchAPI, type) =>
          processRegularResult(
            answer,
            { ...fetchAPI, Response: measuring(fetchAPI.Response, serverContext) },
            type,
          ),
        mediaType ?? 'application/json',
      );
    },
  };
}

const utf8 = new TextEncoder();

/** Yoga's own constructor takes the answer's text and does not tell its length. */
function measuring(
  YogaResponse: typeof Response,
  { onBody }: Pick<RequestServices, 'onBody'>,
): typeof Response {
  return new Proxy(YogaResponse, {
    construct(_, [body, init]: [string, ResponseInit]) {
      const bytes = utf8.encode(body);
      onBody(bytes.byteLength);
      return new YogaResponse(bytes, init);
    },
  });
}

const NOT_ACCEPTABLE = new GraphQLError(
  'The answer is application/graphql-response+json or application/json; the request accepts neither.',
  { extensions: { code: 'BAD_USER_INPUT', http: { status: 406 } } },
);
