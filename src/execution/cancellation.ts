import { AbortedGraphQLExecutionError, type ExecutionResult } from 'graphql';
import type { Execution } from './execution.ts';

/** Ends an execution when the caller's signal aborts. The error's `abortedResult` holds the result so far. */
export class Cancellation {
  private readonly execution: Execution;
  private readonly signal: AbortSignal;
  private rejectResponse: (() => void) | undefined;

  /** @throws the signal's reason if it has already aborted. */
  constructor(execution: Execution, signal: AbortSignal) {
    signal.throwIfAborted();
    this.execution = execution;
    this.signal = signal;
    signal.addEventListener('abort', this.abort);
  }

  stopListening(): void {
    this.signal.removeEventListener('abort', this.abort);
  }

  throwIfAborted(result: ExecutionResult): void {
    if (this.execution.aborted) throw this.error(result);
  }

  /** @param result the result of resolvers that still run after the abort */
  orAborted(response: Promise<ExecutionResult>, result: Promise<ExecutionResult>): Promise<ExecutionResult> {
    return new Promise((resolve, reject) => {
      response.then(resolve, reject);
      this.rejectResponse = () => reject(this.error(result));
      if (this.execution.aborted) this.rejectResponse();
    });
  }

  private readonly abort = (): void => {
    const { execution } = this;
    if (execution.aborted) return;
    execution.aborted = true;
    this.rejectResponse?.();
    execution.abortResolvers(this.signal.reason);
  };

  private error(result: ExecutionResult | Promise<ExecutionResult>): Error {
    return new AbortedGraphQLExecutionError(this.signal.reason, result);
  }
}
