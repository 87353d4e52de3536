import type { ExecutionArgs } from 'graphql';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { ExecutedAnswer } from '../cache/cached-answers.ts';
import type { OperationsMode } from '../config.ts';
import { execute } from '../execution/execute.ts';
import type { GatewayContext } from './context.ts';
import { errorPresenter, FAULT_CODES } from './error-policy.ts';
import type { PreparedRequest } from './prepare-request.ts';

/** "Did you mean" is for those who may see the schema. */
export function createExecute(mode: OperationsMode) {
  const hideSuggestions = mode !== 'open';
  return (args: ExecutionArgs) => execute({ ...args, hideSuggestions });
}

/** @param rootValue the event that a subscription is executed for; undefined for a query or a mutation. */
export function createExecuteRequest(schema: typeof gatewaySchema, mode: OperationsMode) {
  const executeInMode = createExecute(mode);
  return ({ sent, document }: PreparedRequest, contextValue: GatewayContext, rootValue?: unknown) =>
    executeInMode({
      schema,
      document,
      rootValue,
      contextValue,
      operationName: sent.operationName ?? null,
      variableValues: sent.variables ?? {},
    });
}

/** Executes a query whose variables were found to be what it takes, and makes the bytes of its answer. */
export function createExecuteToBytes(schema: typeof gatewaySchema, mode: OperationsMode) {
  const executeRequest = createExecuteRequest(schema, mode);
  return async (prepared: PreparedRequest, contextValue: GatewayContext): Promise<ExecutedAnswer> => {
    const { data, errors = [] } = await executeRequest(prepared, contextValue);
    const shown = errors.map(errorPresenter(true, contextValue.requestId));
    const body = new TextEncoder().encode(
      JSON.stringify(shown.length === 0 ? { data } : { data, errors: shown }),
    );
    return {
      body,
      hasErrors: shown.length > 0,
      isFault: shown.some(({ extensions }) => FAULT_CODES.has(extensions.code)),
    };
  };
}
