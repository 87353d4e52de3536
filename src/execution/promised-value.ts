import type { GraphQLResolveInfo } from 'graphql';
import type { Execution, Path, Position } from './execution.ts';
import { type Consumer, Pending } from './pending.ts';
import type { Complete } from './plan.ts';

/** Completes the value of a resolver's promise. */
export class PromisedValue extends Pending implements Consumer {
  private readonly position: Position;
  private readonly complete: Complete;
  private readonly path: Path;
  private readonly info: GraphQLResolveInfo | undefined;

  constructor(
    execution: Execution,
    promise: PromiseLike<unknown>,
    position: Position,
    complete: Complete,
    path: Path,
    info: GraphQLResolveInfo | undefined,
  ) {
    super(execution);
    this.position = position;
    this.complete = complete;
    this.path = path;
    this.info = info;
    // This takes as many microtasks as `await`, for promises and for other thenables.
    Promise.resolve(promise).then(
      (value) => this.resolved(value),
      (error) => this.rejected(error),
    );
  }

  private resolved(value: unknown): void {
    let completed: unknown;
    try {
      this.execution.throwIfAborted();
      completed = this.complete(this.execution, value, this.path, this.info);
    } catch (error) {
      this.rejected(error);
      return;
    }
    if (completed instanceof Pending) completed.consumer = this;
    else this.fulfil(completed);
  }

  fulfilled(value: unknown): void {
    this.fulfil(value);
  }

  rejected(error: unknown): void {
    this.failAt(this.position, this.path, error);
  }
}

/** A promise of a completed value, for asynchronous type checks and async iterables. */
class ForwardedPromise extends Pending {
  private readonly promise: Promise<unknown>;

  constructor(execution: Execution, promise: Promise<unknown>) {
    super(execution);
    this.promise = promise;
    promise.then(
      (value) => this.fulfil(value),
      (error) => this.react(error),
    );
  }

  override toPromise(): Promise<unknown> {
    return this.isGuarded ? super.toPromise() : this.promise;
  }
}

/** Waits for native promises only: graphql-js treats other thenables here as values. */
export function forwarded(execution: Execution, completed: unknown): unknown {
  return completed instanceof Promise ? new ForwardedPromise(execution, completed) : completed;
}

/** Converts a completed value for the callback of a real promise. */
export function asPromise(completed: unknown): unknown {
  return completed instanceof Pending ? completed.toPromise() : completed;
}
