/**
 * Refusals of `/api`: `{"error":{"code","message","details","requestId","traceId"}}` with the status of the code. No cache keeps one.
 */
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { RejectionCode } from '../auth/rejection.ts';
import { GUESSES_LOCK_SECONDS, PARAMETER_NAME_MAX_CHARACTERS, REFUSED_PARAMETERS_MAX } from '../config.ts';
import { retryAfterOf, statusOfCode } from '../graphql/error-policy.ts';
import { Answer } from '../http/answer.ts';
import { BYPASSED } from '../http/cached-answer.ts';
import { JSON_MEDIA_TYPE } from '../http/media-types.ts';
import type { HttpRefusal } from '../http/responses.ts';
import { runningTrace } from '../observability/running-work.ts';
import { PARAMETER_PLACES, type ParameterSchemas, PLACE_NAMES, parameterNames } from './parameter-places.ts';

/** A parameter that is at fault, and why. */
export interface RefusedParameter {
  in: 'path' | 'query' | 'header' | 'body';
  /** Empty for the whole body. */
  name: string;
  message: string;
}

export class RestRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly RefusedParameter[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(refusal: Pick<RestRefusal, 'status' | 'code' | 'message'> & Partial<RestRefusal>) {
    super(refusal.message);
    this.name = 'RestRefusal';
    this.status = refusal.status;
    this.code = refusal.code;
    this.details = refusal.details ?? [];
    this.headers = refusal.headers ?? {};
  }

  answer(requestId: string): Answer {
    const { code, message, details, headers } = this;
    const body = JSON.stringify({
      error: { code, message, details, requestId, traceId: runningTrace()?.traceId },
    });
    return new Answer(body, { ...BYPASSED, ...headers, 'Content-Type': JSON_UTF_8 }, this.status);
  }
}

export const JSON_UTF_8 = `${JSON_MEDIA_TYPE}; charset=utf-8`;

/** A 401 names the scheme that it wants (RFC 9110, section 15.5.2). */
const BEARER_CHALLENGE = { 'WWW-Authenticate': 'Bearer' };

/** Each parameter is named once. A body may hold thousands of unknown ones: the first of them are named. */
export const badParameters = (refused: readonly RefusedParameter[]): RestRefusal => {
  const byParameter = new Map<string, RefusedParameter>();
  for (const { in: place, name, message } of refused) {
    if (byParameter.size === REFUSED_PARAMETERS_MAX) break;
    const parameter = `${place} ${name}`;
    if (byParameter.has(parameter)) continue;
    byParameter.set(parameter, { in: place, name: name.slice(0, PARAMETER_NAME_MAX_CHARACTERS), message });
  }
  const details = [...byParameter.values()];
  const [first] = details;
  const message = first === undefined ? 'A parameter is wrong.' : nameOf(first) + first.message;
  return new RestRefusal({ status: 400, code: 'BAD_USER_INPUT', message, details });
};

const nameOf = ({ name }: Pick<RefusedParameter, 'name'>) => (name === '' ? '' : `${name}: `);

export const malformedPath = (names: readonly string[]): RestRefusal =>
  badParameters(names.map((name) => ({ in: 'path', name, message: 'must be percent-encoded UTF-8' })));

export const nothingThere = (): RestRefusal =>
  new RestRefusal({ status: 404, code: 'NOT_FOUND', message: 'Nothing is there.' });

export function methodNotAllowed(methods: readonly string[]): RestRefusal {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  const message = `Use ${allowed}.`;
  return new RestRefusal({ status: 405, code: 'BAD_USER_INPUT', message, headers: { Allow: allowed } });
}

export const signInRequired = (): RestRefusal =>
  new RestRefusal({
    status: 401,
    code: 'UNAUTHENTICATED',
    message: 'Sign in, and send the access token as Authorization: Bearer …',
    headers: BEARER_CHALLENGE,
  });

/** A member of an operation's union, in place of the payload. */
interface SelectedRejection {
  code: RejectionCode;
  message: string;
  field?: readonly string[] | null;
}

/**
 * A rejection by its kind, with its own code.
 *
 * @param places of the input fields that are no members of the body, by their names.
 */
export function rejected(
  { code, message, field }: SelectedRejection,
  places: Readonly<Record<string, Pick<RefusedParameter, 'in' | 'name'>>> = {},
): RestRefusal {
  const status = statusOfRejection(code);
  const name = field?.at(-1);
  const place = name === undefined ? undefined : (places[name] ?? { in: 'body', name });
  return new RestRefusal({
    status,
    code,
    message,
    details: place === undefined ? [] : [{ ...place, message }],
    headers: {
      ...(status === 401 ? BEARER_CHALLENGE : {}),
      // No lock lasts longer.
      ...(code === 'ACCOUNT_LOCKED' ? { 'Retry-After': String(GUESSES_LOCK_SECONDS) } : {}),
    },
  });
}

function statusOfRejection(code: RejectionCode): number {
  if (code === 'VALIDATION_FAILED') return 400;
  if (code === 'INVALID_CREDENTIALS' || code.startsWith('SESSION_')) return 401;
  if (code.endsWith('_NOT_FOUND')) return 404;
  return code === 'ACCOUNT_LOCKED' || code.endsWith('_TOO_FAST') ? 429 : 409;
}

/** Another service failed, and the answer needs it: RFC 9110, section 15.6.3. */
const BAD_GATEWAY = 502;

/**
 * The refusal of an operation that did not run, or ran to no data.
 *
 * @param schemas of the parameters that the endpoint takes
 */
export function refusalOfError(error: GraphQLError, schemas: ParameterSchemas = {}): RestRefusal {
  const { code, argumentPath, http } = error.extensions as {
    code: string;
    argumentPath?: readonly PropertyKey[];
    http?: { status: number; headers?: Record<string, string> };
  };
  const status = code === 'UPSTREAM_UNAVAILABLE' ? BAD_GATEWAY : (http?.status ?? statusOfCode(code));
  const { message } = error;
  const name = argumentPath && String(argumentPath.at(-1) ?? '');
  const place = name === undefined ? null : placeOf(name, schemas);
  return new RestRefusal({
    status,
    code,
    message,
    details: place === null ? [] : [{ ...place, message }],
    headers: {
      ...http?.headers,
      ...retryAfterOf(error.extensions),
      ...(status === 401 ? BEARER_CHALLENGE : {}),
    },
  });
}

/** Null for an argument of the operation that is no parameter of `/api`. */
function placeOf(name: string, schemas: ParameterSchemas): Pick<RefusedParameter, 'in' | 'name'> | null {
  if (name === '') return { in: 'body', name };
  const place = PARAMETER_PLACES.find((candidate) => parameterNames(schemas[candidate]).includes(name));
  return place === undefined ? null : { in: PLACE_NAMES[place], name };
}

/** The form of a refusal that no endpoint made. */
export const refusedAsRest = ({ requestId, ...refusal }: HttpRefusal): Response =>
  new RestRefusal(refusal).answer(requestId).response(requestId);

/** A part of an answer that is not there. */
export interface Warning {
  code: string;
  message: string;
  /** The names in the operation that lead to it. */
  path: string;
}

export const warningsOf = ({ errors = [] }: ExecutionResult): Warning[] =>
  errors.map(({ message, path = [], extensions }) => ({
    code: String(extensions.code),
    message,
    path: path.join('.'),
  }));
