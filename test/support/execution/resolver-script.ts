/**
 * Decides what every resolver does. Decisions hang on the place in the response alone, never on the order or the time
 * of calls: two executors that call differently are still told the same.
 */

/** Reads one decision after another for one place. */
export class Decisions {
  readonly #entries: readonly number[];
  #position: number;

  constructor(entries: readonly number[], position: number) {
    this.#entries = entries;
    this.#position = position;
  }

  /** From 0 to 999; 0 is the plainest choice. */
  next(): number {
    this.#position += 1;
    return this.#entries[this.#position % this.#entries.length] ?? 0;
  }

  /** One of the others with its share of 1,000, the plainest with what remains. */
  choose<Plainest extends string, Other extends string>(
    plainest: Plainest,
    others: Readonly<Record<Other, number>>,
  ): Plainest | Other {
    let rest = this.next() - FIRST_UNUSUAL;
    for (const choice of Object.keys(others) as Other[]) {
      const share = others[choice];
      if (rest >= 0 && rest < share) {
        return choice;
      }
      rest -= share;
    }
    return plainest;
  }
}

/** Entries below it choose the plainest; the shares of `choose` divide the rest of 1,000. */
const FIRST_UNUSUAL = 400;

export class ResolverScript {
  readonly #entries: readonly number[];

  constructor(entries: readonly number[]) {
    this.#entries = entries;
  }

  at(place: string): Decisions {
    let hash = 7;
    for (let index = 0; index < place.length; index += 1) {
      hash = (hash * 31 + place.charCodeAt(index)) % 1_000_003;
    }
    return new Decisions(this.#entries, hash % Math.max(1, this.#entries.length));
  }
}
