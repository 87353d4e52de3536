/** Pending values with a promise behind them. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Execution, Path, Position } from './execution.ts';
import { type Consumer, Pending } from './pending.ts';
import type { Complete } from './plan.ts';

/** What a promise of a resolver becomes: completed as soon as it is there. */
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
    // Promise.resolve and then: the microtasks that `await` takes, for promises and for other thenables.
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

/** A promise of a completed value, where only a promise will do: asynchronous type checks, async iterables. */
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

/** Only a native promise is waited for where a completed value is expected: graphql-js takes other thenables as values. */
export function forwarded(execution: Execution, completed: unknown): unknown {
  return completed instanceof Promise ? new ForwardedPromise(execution, completed) : completed;
}

/** What a reaction of a real promise returns for a completed value. */
export function asPromise(completed: unknown): unknown {
  return completed instanceof Pending ? completed.toPromise() : completed;
}
