/**
 * Runs what a socket asks for: the same decisions, errors and results as over HTTP.
 *
 * A subscription is first asked what it watches. Then each event executes it once, as graphql-js does: its document,
 * with the event as the root value.
 */
import {
  createSourceEventStream,
  type ExecutionResult,
  GraphQLError,
  validateSubscriptionArgs,
} from 'graphql';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import type { EventSources, GatewayContext } from '../graphql/context.ts';
import { errorPresenter } from '../graphql/error-policy.ts';
import { createExecute } from '../graphql/execute-operation.ts';
import type { PreparedRequest } from '../graphql/prepare-request.ts';

/** It only says what is watched; the events come another way. */
const NO_EVENTS: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

export type OpenContext = (events?: EventSources) => GatewayContext;

/** Asks a subscription what it watches. */
export function createWatchedSymbols(schema: typeof gatewaySchema, mode: OperationsMode) {
  /**
   * @returns symbols whose prices it watches, in upper case, each once.
   * @throws GraphQLError where it can watch nothing: the first reason.
   */
  return async ({ document, sent }: PreparedRequest, openContext: OpenContext): Promise<string[]> => {
    const watched = new Set<string>();
    const prices = (symbols: readonly string[]) => {
      for (const symbol of symbols) watched.add(symbol.toWellFormed().toUpperCase());
      return NO_EVENTS;
    };
    const args = validateSubscriptionArgs({
      schema,
      document,
      contextValue: openContext({ prices }),
      operationName: sent.operationName ?? null,
      variableValues: sent.variables ?? {},
      hideSuggestions: mode !== 'open',
    });
    if (!('schema' in args)) throw args[0];
    const stream = await createSourceEventStream(args);
    if ('errors' in stream) throw stream.errors?.[0];
    return [...watched];
  };
}

/** @param event the root value of a subscription; undefined for a query or a mutation. */
export function createExecutePrepared(schema: typeof gatewaySchema, mode: OperationsMode) {
  const execute = createExecute(mode);
  return async (
    prepared: PreparedRequest,
    context: GatewayContext,
    event?: unknown,
  ): Promise<ExecutionResult> => {
    const { data, errors } = await execute({
      schema,
      document: prepared.document,
      rootValue: event,
      contextValue: context,
      operationName: prepared.sent.operationName ?? null,
      variableValues: prepared.sent.variables ?? {},
    });
    if (errors === undefined) return data === undefined ? {} : { data };
    const shown = presented(errors, context.requestId);
    return data === undefined ? { errors: shown } : { data, errors: shown };
  };
}

/** Errors as a client may see them; a status is nothing over a socket. */
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
