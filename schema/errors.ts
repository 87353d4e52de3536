import { type ASTNode, GraphQLError } from 'graphql';
import type * as z from 'zod';

/** Values of `extensions.code`; the wire contract says what each means to a client. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'OPERATION_TOO_COMPLEX'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'UPSTREAM_UNAVAILABLE'
  | 'NOT_FOUND'
  | 'INTERNAL_SERVER_ERROR';

/** @param argumentPath the path to the invalid argument, e.g. `['filter', 'search']`. */
export function badUserInput(message: string, argumentPath: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode, argumentPath },
  });
}

/** @param options.rule the name of the exceeded limit in the counts of refusals. */
export function tooComplex(
  message: string,
  options: { nodes?: ASTNode; argumentPath?: readonly string[]; rule?: string } = {},
): GraphQLError {
  const { nodes, argumentPath, rule } = options;
  return new GraphQLError(message, {
    nodes,
    extensions: {
      code: 'OPERATION_TOO_COMPLEX' satisfies ErrorCode,
      ...(argumentPath ? { argumentPath } : {}),
      ...(rule ? { rule } : {}),
    },
  });
}

/** An upstream API did not answer, and no usable copy is stored. */
export function upstreamUnavailable(message: string, cause?: unknown): GraphQLError {
  return new GraphQLError(message, {
    ...(cause instanceof Error ? { originalError: cause } : {}),
    extensions: { code: 'UPSTREAM_UNAVAILABLE' satisfies ErrorCode },
  });
}

export function unauthenticated(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' satisfies ErrorCode } });
}

export function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' satisfies ErrorCode } });
}

/** The first problem in a field's arguments, as an error for the client. */
export function badArguments(error: z.ZodError): GraphQLError {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).filter((key) => typeof key !== 'symbol');
  return badUserInput(`${path.join('.') || 'arguments'}: ${issue?.message ?? 'invalid'}`, path);
}
