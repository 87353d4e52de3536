/**
 * A `Pending` represents a value that is not known yet.
 *
 * graphql-js makes a promise for every field, object and list that waits. A `Pending` writes its value directly into the
 * waiting slot, so a response costs one reaction per promise of a resolver, and one promise in all.
 *
 * Without a failure, values skip the microtasks of graphql-js's promises, which nobody can observe. Failures make timing
 * visible: microtasks decide which of two errors is recorded first, and whether a sibling's error is recorded before its
 * parent becomes null. So a failure takes exactly as many microtasks per level as in graphql-js (`reject`,
 * `PendingObject`, `PendingList`). After a failure values do so too, and the response comes when graphql-js's would;
 * until then, the work below a nulled parent continues.
 *
 * Nothing here throws, and every promise has a handler, even after its parent was abandoned synchronously.
 */
import type { Execution, Path, Position } from './execution.ts';

/** Waits for a pending value. One of its two methods is called, once. */
export interface Consumer {
  fulfilled(value: unknown, slot: string | number): void;
  rejected(error: unknown): void;
  /** A real promise takes a microtask of its own. */
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

  /** Handles a failure at this position: null if the position is nullable, otherwise the located error passes on. */
  guardedBy(position: Position, path: Path): this {
    this.guard = position;
    this.guardPath = path;
    return this;
  }

  protected get isGuarded(): boolean {
    return this.guard !== undefined;
  }

  /** A promise of the value; it rejects in the same microtask as in graphql-js. */
  toPromise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.consumer = { fulfilled: resolve, rejected: reject, isPromise: true };
    });
  }

  protected fulfil(value: unknown): void {
    // Without a consumer, the parent was abandoned.
    this.consumer?.fulfilled(value, this.slot);
  }

  /** The consumer is called one microtask later, like a promise's reaction. */
  protected reject(error: unknown): void {
    if (this.guard === undefined) this.passOn(error);
    else queueMicrotask(() => this.react(error));
  }

  /** Passes a failure to the guard, or else to the consumer. */
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

  /** The microtasks of the promises that graphql-js would make here. */
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

function afterMicrotasks(count: number, run: () => void): void {
  if (count === 0) run();
  else queueMicrotask(() => afterMicrotasks(count - 1, run));
}
