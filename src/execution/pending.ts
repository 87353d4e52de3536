/**
 * What stands for a value that is not known yet.
 *
 * graphql-js makes a promise of every field, object and list that waits for something. Here a `Pending` writes its
 * value straight into the slot that waits for it, so a response costs one reaction per promise of a resolver and one
 * promise in all. What may differ from graphql-js is only how many microtasks a success takes to reach the root, which
 * no answer shows. Failures show: which of two errors is recorded first, and whether a sibling's error is recorded
 * before its parent is nulled, depends on the microtasks between a rejection and the position that takes it. So a
 * failure goes up exactly as many microtasks a level as in graphql-js (`reject`, `PendingObject`, `PendingList`).
 *
 * Nothing here throws and no promise is left without a handler, also where a parent was given up synchronously.
 */

import type { GraphQLResolveInfo } from 'graphql';
import type { Execution, Path, Position } from './execution.ts';
import type { Complete } from './plan.ts';

/** Who waits for a pending value: called once, with one of the two. */
interface Consumer {
  fulfilled(value: unknown, slot: string | number): void;
  rejected(error: unknown): void;
  /** A real promise, which brings its own microtask. */
  readonly isPromise?: true;
}

export abstract class Pending {
  consumer: Consumer | undefined = undefined;
  slot: string | number = 0;
  protected readonly execution: Execution;
  private guard: Position | undefined = undefined;
  private guardPath: Path | undefined = undefined;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  /** Has a failure end at this position where that is nullable, and go on up located there where it is not. */
  guardedBy(position: Position, path: Path): this {
    this.guard = position;
    this.guardPath = path;
    return this;
  }

  protected get isGuarded(): boolean {
    return this.guard !== undefined;
  }

  /** The same value as a promise that rejects in the microtask in which graphql-js's would. */
  toPromise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.consumer = { fulfilled: resolve, rejected: reject, isPromise: true };
    });
  }

  protected fulfil(value: unknown): void {
    // A value nobody waits for belongs to a parent that was given up.
    this.consumer?.fulfilled(value, this.slot);
  }

  /** Fails now; whoever waits hears of it one microtask later, as a promise's reaction does. */
  protected reject(error: unknown): void {
    if (this.guard === undefined) this.passOn(error);
    else queueMicrotask(() => this.react(error));
  }

  /** The reaction to a failure: the guard's, or else the consumer's. */
  protected react(error: unknown): void {
    const { guard, guardPath } = this;
    if (guard === undefined || guardPath === undefined) this.consumer?.rejected(error);
    else this.failAt(guard, guardPath, error);
  }

  protected failAt(position: Position, path: Path, rawError: unknown): void {
    let error: unknown;
    try {
      error = this.execution.fail(rawError, position, path);
    } catch (located) {
      this.passOn(located);
      return;
    }
    this.fulfil(error);
  }

  private passOn(error: unknown): void {
    const { consumer } = this;
    if (consumer === undefined) return;
    if (consumer.isPromise) consumer.rejected(error);
    else queueMicrotask(() => consumer.rejected(error));
  }
}

/** An object some of whose fields are pending. In graphql-js: `Promise.all(…).then(…)`. */
export class PendingObject extends Pending implements Consumer {
  private remaining = 0;
  protected failed = false;
  private readonly results: Record<string | number, unknown>;

  /** Of the promises themselves, before whoever waits for them hears of it. */
  protected readonly ownMicrotasks: number = 2;

  constructor(execution: Execution, results: object) {
    super(execution);
    this.results = results as Record<string | number, unknown>;
  }

  waitFor(child: Pending, slot: string | number): void {
    child.consumer = this;
    child.slot = slot;
    this.remaining++;
  }

  fulfilled(value: unknown, slot: string | number): void {
    this.results[slot] = value;
    if (--this.remaining > 0) return;
    if (this.execution.hasFailed) afterMicrotasks(this.microtasksToFulfil(), () => this.fulfil(this.results));
    else this.fulfil(this.results);
  }

  rejected(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    queueMicrotask(() => this.reject(error));
  }

  private microtasksToFulfil(): number {
    return this.ownMicrotasks + (this.consumer?.isPromise && !this.isGuarded ? 0 : 1);
  }
}

/** A list some of whose items are pending. In graphql-js: `Promise.all(…)`. */
export class PendingList extends PendingObject {
  protected override readonly ownMicrotasks = 1;

  override rejected(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.reject(error);
  }
}

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

function afterMicrotasks(count: number, run: () => void): void {
  if (count === 0) run();
  else queueMicrotask(() => afterMicrotasks(count - 1, run));
}
