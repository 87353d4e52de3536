/**
 * Errors as clients see them: always with a code; with their message where they are the caller's or a known fault, and
 * otherwise masked, with the request's id, under which the log has the rest.
 */
import { GraphQLError } from 'graphql';
import { errorFields, log } from '../observability/log.ts';
import { runningTrace } from '../observability/running-work.ts';
import { documentRefusalStatus } from '../operations/choose-document.ts';
import { createArgumentPathFinder } from './argument-path.ts';
import type { FaultListener } from './context.ts';

/** Codes of faults that are not the caller's, and may be gone at the next request. */
export const FAULT_CODES: ReadonlySet<unknown> = new Set([
  'INTERNAL_SERVER_ERROR',
  'UPSTREAM_UNAVAILABLE',
  'OPERATION_TIMED_OUT',
]);

/** The status of an answer without `data`, by the code of its first error. */
const STATUS_BY_CODE: Record<string, number> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  OPERATION_TOO_COMPLEX: 400,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  UPSTREAM_UNAVAILABLE: 503,
  OPERATION_TIMED_OUT: 504,
};

/** @param code of the first error of an answer without `data`. */
export const statusOfCode = (code: unknown): number =>
  documentRefusalStatus(code) ?? STATUS_BY_CODE[String(code)] ?? 500;

interface OwnStatus {
  status: number;
  headers?: Record<string, string>;
}

/** True if the request was refused before it was parsed: the status stands whatever the client accepts. */
export function hasOwnStatus(
  error: GraphQLError,
): error is GraphQLError & { extensions: { http: OwnStatus } } {
  const { http } = error.extensions as { http?: { spec?: boolean } };
  return http !== undefined && http.spec !== true;
}

/** @param hasData true if the answer has `data`: its status is 200 then. */
export function errorPresenter(
  hasData: boolean,
  request: FaultListener,
): (error: GraphQLError) => GraphQLError {
  const { requestId } = request;
  const argumentPathOf = createArgumentPathFinder();
  const logged = new Set<unknown>();
  return (error) => {
    const { http, rule: _, ...extensions } = error.extensions;
    const code = codeOf(error);
    if (FAULT_CODES.has(code)) request.onFault?.(code);
    if (code === 'INTERNAL_SERVER_ERROR') {
      const cause = error.originalError ?? error;
      // One failed batch fails every field that waited for it: that is one fault, and one line.
      if (!logged.has(cause)) {
        log.error('graphql.error', { requestId, path: error.path?.join('.'), ...errorFields(cause) });
      }
      logged.add(cause);
      return rebuilt(error, 'Unexpected error.', {
        code,
        requestId,
        traceId: runningTrace()?.traceId,
        ...statusOf(code, hasData),
      });
    }
    const argumentPath =
      extensions.argumentPath ?? (code === 'BAD_USER_INPUT' ? argumentPathOf(error) : undefined);
    return rebuilt(error, messageOf(error), {
      ...extensions,
      code,
      ...(argumentPath === undefined ? {} : { argumentPath }),
      ...(hasOwnStatus(error) && !hasData ? { http } : statusOf(code, hasData, retryAfterOf(extensions))),
    });
  };
}

/** graphql-js repeats the value that does not fit: the whole input, with the password in it. */
const INPUT_IN_MESSAGE = /(?:, found|(?<=String cannot represent a non string value)): .*$/s;

function messageOf(error: GraphQLError): string {
  if (isTooDeep(error)) return 'The document is nested too deeply.';
  return isOwnFinding(error) ? error.message.replace(INPUT_IN_MESSAGE, '.') : error.message;
}

/** Codes that only Yoga and graphql-js use say what BAD_USER_INPUT says. */
const CALLERS_FAULT = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST']);

function codeOf(error: GraphQLError): string {
  const { code } = error.extensions;
  if (typeof code === 'string') return CALLERS_FAULT.has(code) ? 'BAD_USER_INPUT' : code;
  return isTooDeep(error) || isOwnFinding(error) ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR';
}

/** Parsing and validation go down into a document by recursion, and a few thousand levels end the stack. */
const isTooDeep = (error: GraphQLError) =>
  error.path === undefined && error.originalError instanceof RangeError;

function isOwnFinding(error: GraphQLError): boolean {
  const cause = error.originalError;
  const pointsAtRequest = (found: GraphQLError) => (found.nodes?.length ?? 0) > 0;
  // Before execution: the document, or a variable. During it: an argument, found with its own place in the
  // document; a value that a resolver gave and a scalar refused has none.
  if (error.path === undefined) return cause == null || pointsAtRequest(error);
  return cause instanceof GraphQLError && pointsAtRequest(cause);
}

/** `spec` has Yoga keep 200 for clients that accept `application/json` alone, as GraphQL over HTTP asks. */
function statusOf(code: string, hasData: boolean, headers?: Record<string, string>) {
  const status = statusOfCode(code);
  const sent = code === 'UNAUTHENTICATED' ? { ...headers, ...BEARER_CHALLENGE } : headers;
  return hasData ? {} : { http: { status, spec: status < 500, ...(sent ? { headers: sent } : {}) } };
}

/** A 401 names the scheme that it wants (RFC 9110, section 15.5.2). */
const BEARER_CHALLENGE = { 'WWW-Authenticate': 'Bearer' };

/** `Retry-After` of an error that says when the request may come again. */
export function retryAfterOf(
  extensions: Record<string, unknown> | undefined,
): Record<string, string> | undefined {
  const seconds = extensions?.retryAfterSeconds;
  return typeof seconds === 'number' ? { 'Retry-After': String(seconds) } : undefined;
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

/** Errors of any kind as clients see them over a socket, which has no status. */
export function presented(errors: readonly unknown[], request: FaultListener): GraphQLError[] {
  const present = errorPresenter(true, request);
  const shown = errors.map((error) => present(error instanceof GraphQLError ? error : unexpected(error)));
  request.onErrors?.(shown, false);
  return shown;
}

function unexpected(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, {
    originalError,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}
