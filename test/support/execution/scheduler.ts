/**
 * Time for resolvers that are slow, without timers: whoever waits gives a rank and a place, and is released alone, in
 * the order of rank and place, after everything that the release before it set in motion has come to rest.
 */
export class Scheduler {
  #waiting: { readonly rank: number; readonly place: string; readonly release: () => void }[] = [];

  wait(rank: number, place: string): Promise<void> {
    return new Promise((release) => {
      this.#waiting.push({ rank, place, release });
    });
  }

  /** False where nobody waits. */
  releaseNext(): boolean {
    const [next, ...rest] = this.#waiting.sort(
      (one, other) => one.rank - other.rank || (one.place < other.place ? -1 : 1),
    );
    this.#waiting = rest;
    next?.release();
    return next !== undefined;
  }
}

/** All microtasks have run, and Node has said which rejections nobody handles. */
export function atRest(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export async function afterMicrotasks(count: number): Promise<void> {
  for (let done = 1; done < count; done += 1) {
    await null;
  }
}
