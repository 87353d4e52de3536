/** The faults that a test plants in the simulated API. Each is used once, in the order in which they were planted. */

export interface FaultMatch {
  method?: string;
  /** Compared with the path after `/client/v4`, without the query. */
  path: RegExp;
  /** So many matching calls go well before. */
  skip?: number;
}

export interface Fault {
  /** 500 unless it says another. */
  status?: number;
  /** JSON, or a text as it is. The platform's form of an error unless it says another. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  hang?: true;
  /** Does what was asked, and answers as usual once this is resolved. */
  until?: Promise<unknown>;
  /** Closes the connection without an answer. */
  drop?: true;
  /** Does what was asked, and fails then. */
  after?: true;
}

export class Faults {
  readonly #planted: { match: FaultMatch; fault: Fault; skip: number; meet: () => void }[] = [];

  /** Resolves when a call meets it. */
  failNext(match: FaultMatch, fault: Fault): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#planted.push({ match, fault, skip: match.skip ?? 0, meet: resolve });
    return promise;
  }

  /** The faults that no call has met. */
  get remaining(): number {
    return this.#planted.length;
  }

  take(method: string, path: string): Fault | undefined {
    for (const [index, planted] of this.#planted.entries()) {
      const { match } = planted;
      if ((match.method ?? method) !== method || !match.path.test(path)) continue;
      if (planted.skip > 0) {
        planted.skip -= 1;
        continue;
      }
      this.#planted.splice(index, 1);
      planted.meet();
      return planted.fault;
    }
    return undefined;
  }
}
