/** Runs a task, one run at a time. All who ask during a run share the next one, which sees what was there when they asked. */
export class GroupedRuns {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Settles as the first run does that begins from now on. */
  run(): Promise<void> {
    if (this.#next !== null) return this.#next;
    if (this.#running === null) return this.#begin();
    const begin = () => this.#begin();
    this.#next = this.#running.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = null;
    const running = this.#task().finally(() => {
      this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
