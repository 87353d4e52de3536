/**
 * What a client learns of an error: always a code; the message where it is the caller's or a known fault, and
 * otherwise a mask with the request's id, under which the log has the rest.
 */
import { GraphQLError, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { errorFields, log } from '../observability/log.ts';
import type { RequestServices } from './request-services.ts';

/** The status of an answer without `data`, by the code of its first error. */
const STATUS_BY_CODE: Record<string, number> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  OPERATION_TOO_COMPLEX: 400,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
};

export function useErrorPolicy(): Plugin<object, RequestServices> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result) return;
      if (!('errors' in result) || !result.errors?.length) return;
      const hasData = 'data' in result;
      const errors = result.errors.map((error) => presentable(error, hasData, serverContext.requestId));
      setResult({ ...result, errors });
    },
  };
}

function presentable(error: GraphQLError, hasData: boolean, requestId: string): GraphQLError {
  const { http, ...extensions } = error.extensions;
  const code = codeOf(error);
  if (code === 'INTERNAL_SERVER_ERROR') {
    log.error('graphql.error', {
      requestId,
      path: error.path?.join('.'),
      ...errorFields(error.originalError ?? error),
    });
    return rebuilt(error, 'Unexpected error.', { code, requestId, ...statusOf(code, hasData) });
  }
  const argumentPath = extensions.argumentPath ?? variablePath(error);
  return rebuilt(error, error.message, {
    ...extensions,
    code,
    ...(argumentPath === undefined ? {} : { argumentPath }),
    // An error that brought its own status refused the request before it was parsed.
    ...(http === undefined ? statusOf(code, hasData) : { http }),
  });
}

/** Codes that only Yoga and graphql-js use say what BAD_USER_INPUT says. */
const CALLERS_FAULT = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST']);

function codeOf(error: GraphQLError): string {
  const { code } = error.extensions;
  if (typeof code === 'string') return CALLERS_FAULT.has(code) ? 'BAD_USER_INPUT' : code;
  return isOwnFinding(error) ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR';
}

function isOwnFinding(error: GraphQLError): boolean {
  const cause = error.originalError;
  const pointsAtRequest = (found: GraphQLError) => (found.nodes?.length ?? 0) > 0;
  // Before execution: the document, or a variable. During it: an argument, found with its own place in the
  // document; a value that a resolver gave and a scalar refused has none.
  if (error.path === undefined) return cause == null || pointsAtRequest(error);
  return cause instanceof GraphQLError && pointsAtRequest(cause);
}

function variablePath(error: GraphQLError): string[] | undefined {
  const node = error.nodes?.[0];
  return node?.kind === Kind.VARIABLE_DEFINITION ? [node.variable.name.value] : undefined;
}

/** `spec` has Yoga keep 200 for clients that accept `application/json` alone, as GraphQL over HTTP asks. */
function statusOf(code: string, hasData: boolean) {
  const status = STATUS_BY_CODE[code] ?? 500;
  return hasData ? {} : { http: { status, spec: status < 500 } };
}

function rebuilt(error: GraphQLError, message: string, extensions: Record<string, unknown>): GraphQLError {
  return new GraphQLError(message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions,
  });
}
