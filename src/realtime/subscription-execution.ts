/**
 * Runs the operations of sockets, with the same decisions, errors and results as over HTTP.
 *
 * Each event executes a subscription's document once, as graphql-js does, with the event as the root value.
 */
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import type { GatewayContext } from '../graphql/context.ts';
import { errorPresenter } from '../graphql/error-policy.ts';
import { createExecuteRequest } from '../graphql/execute-operation.ts';
import type { PreparedRequest } from '../graphql/prepare-request.ts';

/** @param event the root value of a subscription; undefined for a query or a mutation. */
export function createExecutePrepared(schema: typeof gatewaySchema, mode: OperationsMode) {
  const execute = createExecuteRequest(schema, mode);
  return async (
    prepared: PreparedRequest,
    context: GatewayContext,
    event?: unknown,
  ): Promise<ExecutionResult> => {
    const { data, errors } = await execute(prepared, context, event);
    if (errors === undefined) return data === undefined ? {} : { data };
    const shown = presented(errors, context.requestId);
    return data === undefined ? { errors: shown } : { data, errors: shown };
  };
}

/** Errors as a client may see them; a socket carries no status. */
export function presented(errors: readonly unknown[], requestId: string): GraphQLError[] {
  const present = errorPresenter(true, requestId);
  return errors.map((error) => present(error instanceof GraphQLError ? error : unexpected(error)));
}

function unexpected(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, {
    originalError,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}
