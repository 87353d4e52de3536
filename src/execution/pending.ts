/**
 * What stands for a value that is not known yet.
 *
 * graphql-js makes a promise of every field, object and list that waits for something. Here a `Pending` writes its
 * value straight into the slot that waits for it, so a response costs one reaction per promise of a resolver and one
 * promise in all. As long as nothing has failed, a value goes up without the microtasks that graphql-js's promises take,
 * which nobody can see. Afterwards it takes them: the response is there when graphql-js's would be, and until then what
 * a nulled parent has left behind goes on. Failures show: which of two errors is recorded first, and whether a sibling's error is recorded
 * before its parent is nulled, depends on the microtasks between a rejection and the position that takes it. So a
 * failure goes up exactly as many microtasks a level as in graphql-js (`reject`, `PendingObject`, `PendingList`).
 *
 * Nothing here throws and no promise is left without a handler, also where a parent was given up synchronously.
 */

import type { Execution, Path, Position } from './execution.ts';

/** Who waits for a pending value: called once, with one of the two. */
export interface Consumer {
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

function afterMicrotasks(count: number, run: () => void): void {
  if (count === 0) run();
  else queueMicrotask(() => afterMicrotasks(count - 1, run));
}
