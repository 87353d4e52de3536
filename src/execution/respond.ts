/** Executes the root fields and makes the result, which a signal may abort. */
import type { ExecutionResult } from 'graphql';
import { Cancellation } from './cancellation.ts';
import { executeFields, executeFieldsSerially } from './execute-fields.ts';
import type { Execution } from './execution.ts';
import type { ObjectPlan } from './plan.ts';
import { asPromise } from './promised-value.ts';

/** @throws the signal's reason if it has already aborted, and its error if it aborts during a synchronous execution. */
export function respond(
  root: ObjectPlan,
  isSerial: boolean,
  execution: Execution,
  signal: AbortSignal | undefined,
): ExecutionResult | Promise<ExecutionResult> {
  const { rootValue } = execution.input;
  const cancellation = signal === undefined ? undefined : new Cancellation(execution, signal);
  const answer = (data: unknown): ExecutionResult => {
    cancellation?.stopListening();
    execution.abortResolvers();
    const { errors } = execution;
    const answered = data as NonNullable<ExecutionResult['data']> | null;
    return errors.length > 0 ? { errors, data: answered } : { data: answered };
  };
  const answerFailure = (error: unknown): ExecutionResult => {
    execution.recordRootFailure(error);
    return answer(null);
  };
  const finish = (result: ExecutionResult): ExecutionResult => {
    cancellation?.throwIfAborted(result);
    // This stops the work below nulled parents.
    execution.aborted = true;
    return result;
  };

  let data: unknown;
  try {
    data = asPromise(
      isSerial
        ? executeFieldsSerially(root, execution, rootValue)
        : executeFields(root, execution, rootValue, undefined),
    );
  } catch (error) {
    return finish(answerFailure(error));
  }
  if (!(data instanceof Promise)) return finish(answer(data));
  const result = data.then(answer, answerFailure);
  const finished = result.then(finish);
  return cancellation === undefined ? finished : cancellation.orAborted(finished, result);
}
