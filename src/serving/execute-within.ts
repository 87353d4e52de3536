/** The time limit that an operator gives an operation. */
import { type ExecutionResult, GraphQLError } from 'graphql';

/**
 * Cancels an execution that takes longer: no further field begins, and calls that are under way are left alone. The clock
 * moves only while the execution waits for something, so computing alone does not end it.
 *
 * @returns the error `OPERATION_TIMED_OUT` alone if it was cancelled
 */
export async function executeWithin(
  timeLimitMs: number,
  execute: (signal: AbortSignal) => ExecutionResult | Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  const cancellation = new AbortController();
  // Cleared afterwards: a timer would keep a Durable Object from hibernating.
  const timer = setTimeout(() => cancellation.abort(), timeLimitMs);
  try {
    return await execute(cancellation.signal);
  } catch (error) {
    if (!cancellation.signal.aborted) throw error;
    return { errors: [timedOut(timeLimitMs)] };
  } finally {
    clearTimeout(timer);
  }
}

const CODE = 'OPERATION_TIMED_OUT';
const STATUS = 504;

const timedOut = (timeLimitMs: number) =>
  new GraphQLError(`The operation took longer than its limit of ${timeLimitMs} ms.`, {
    extensions: { code: CODE, http: { status: STATUS } },
  });

/** The error of a cancelled execution, with its status; undefined for any other result. */
export function timeOutOf({ data, errors }: ExecutionResult): GraphQLError | undefined {
  const found = data === undefined ? errors?.find(({ extensions }) => extensions.code === CODE) : undefined;
  if (found === undefined) return undefined;
  return new GraphQLError(found.message, { extensions: { ...found.extensions, http: { status: STATUS } } });
}
