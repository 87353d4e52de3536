/** What is told to, and heard from, the resolvers of a generated schema during one execution. */
import { described } from './described.ts';
import { type Decisions, ResolverScript } from './resolver-script.ts';
import { afterMicrotasks, Scheduler } from './scheduler.ts';

export class Act {
  /** Calls of resolvers, type resolvers, scalars and iterators, in their order. */
  readonly calls: string[] = [];
  /** What the script told where: for the reader of a failure. */
  readonly told = new Map<string, string>();
  /** Some list was given up in its middle. */
  listBroke = false;
  readonly scheduler = new Scheduler();
  readonly script: ResolverScript;
  /** The same error thrown in several places stays one error. */
  readonly sharedError = new Error('shared');
  /** As of a loader that several fields ask for the same: one promise, however many wait for it. */
  readonly sharedValue: Promise<unknown>;
  readonly sharedRejection: Promise<unknown>;
  /** Aborts the execution from within a resolver. */
  readonly abort: () => void;

  constructor(script: readonly number[], abort: () => void) {
    this.script = new ResolverScript(script);
    this.abort = abort;
    this.sharedValue = this.scheduler.wait(2, 'shared').then(() => 3);
    this.sharedRejection = this.scheduler.wait(2, 'shared').then(() => Promise.reject(this.sharedError));
    // Rejects also where nobody asked for it.
    this.sharedRejection.catch(() => undefined);
  }

  at(place: string): Decisions {
    return this.script.at(place);
  }

  /** What `make` returns or throws, at once or later, as the script says for the place. */
  deliver(place: string, make: () => unknown): unknown {
    const decisions = this.at(`${place}#when`);
    const when = decisions.choose('now', { microtasks: 220, later: 130, thenable: 30 });
    if (when === 'now') {
      return make();
    }
    const amount = decisions.next() % 5;
    this.told.set(`${place}#when`, `${when} ${amount}`);
    if (when === 'microtasks') {
      return amount === 0 ? settled(make) : afterMicrotasks(amount).then(make);
    }
    const promise = when === 'later' ? this.scheduler.wait(amount, place).then(make) : settled(make);
    return when === 'thenable' ? new Thenable(promise) : promise;
  }

  tell(place: string, what: unknown): void {
    this.told.set(place, typeof what === 'string' ? what : described(what));
  }
}

function settled(make: () => unknown): Promise<unknown> {
  try {
    return Promise.resolve(make());
  } catch (reason) {
    return Promise.reject(reason);
  }
}

/** Looks like a promise and is none. */
class Thenable implements PromiseLike<unknown> {
  readonly #promise: Promise<unknown>;

  constructor(promise: Promise<unknown>) {
    this.#promise = promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: that is the point of it
  then<Fulfilled, Rejected>(
    onFulfilled?: ((value: unknown) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#promise.then(onFulfilled, onRejected) as Promise<Fulfilled | Rejected>;
  }
}

/** The schema's functions find the act of the execution that runs here; executions run one after another. */
export class Stage {
  #act: Act | undefined;

  get act(): Act {
    if (this.#act === undefined) {
      throw new Error('Nothing is being executed.');
    }
    return this.#act;
  }

  begin(act: Act): void {
    this.#act = act;
  }
}
