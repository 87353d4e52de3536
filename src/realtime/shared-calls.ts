/** Everybody who makes a call while the same one runs is given its answer: many sockets begin at once. */
export class SharedCalls<Answer> {
  readonly #running = new Map<string, Promise<Answer>>();

  share(key: string, call: () => Promise<Answer>): Promise<Answer> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = call().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}
