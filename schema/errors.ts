import { type ASTNode, GraphQLError } from 'graphql';
import type * as z from 'zod';

/** Codes of `extensions.code`; what each means to a client is in the wire contract. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'OPERATION_TOO_COMPLEX'
  | 'UNAUTHENTICATED'
  | 'UPSTREAM_UNAVAILABLE'
  | 'NOT_FOUND'
  | 'INTERNAL_SERVER_ERROR';

/**
 * The caller sent something that cannot be answered.
 *
 * @param argumentPath names the argument at fault and what is inside it, e.g. `['filter', 'search']`.
 */
export function badUserInput(message: string, argumentPath: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode, argumentPath },
  });
}

/**
 * One request would cost more than any may.
 *
 * @param options.rule names the limit in the counts of refusals; clients read the message.
 */
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

/** A source that others run did not answer, and nothing good enough was kept. */
export function upstreamUnavailable(message: string, cause?: unknown): GraphQLError {
  return new GraphQLError(message, {
    ...(cause instanceof Error ? { originalError: cause } : {}),
    extensions: { code: 'UPSTREAM_UNAVAILABLE' satisfies ErrorCode },
  });
}

/** The field is for whoever is signed in, and nobody is. */
export function unauthenticated(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' satisfies ErrorCode } });
}

/** What failed first in a field's arguments, as the caller should read it. */
export function badArguments(error: z.ZodError): GraphQLError {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).filter((key) => typeof key !== 'symbol');
  return badUserInput(`${path.join('.') || 'arguments'}: ${issue?.message ?? 'invalid'}`, path);
}
