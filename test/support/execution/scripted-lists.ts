/** The kinds of lists that resolvers return: arrays, iterables, async iterables, some of which break in the middle. */
import type { Act } from './stage.ts';

export function listOf(act: Act, place: string, itemAt: (place: string) => unknown): unknown {
  const decisions = act.at(`${place}#list`);
  const length = (decisions.next() + 2) % 4;
  const breaksAt = decisions.next() >= 850 ? decisions.next() % (length + 1) : undefined;
  const container = decisions.choose('array', {
    iterable: 140,
    asyncIterable: 120,
    generator: 60,
    set: 30,
    arrayOfOtherItems: 20,
  });
  act.tell(
    `${place}#list`,
    `${container} of ${length}${breaksAt === undefined ? '' : ` breaks at ${breaksAt}`}`,
  );
  const items = () => Array.from({ length }, (_, index) => itemAt(`${place}.${index}`));
  switch (container) {
    case 'array':
      return itemsOrThrown(length, place, itemAt);
    case 'arrayOfOtherItems':
      return otherItems(itemsOrThrown(length, place, itemAt));
    case 'set':
      return new Set(items());
    case 'iterable':
      return new ScriptedIterable(act, place, length, breaksAt, itemAt);
    case 'generator':
      return generated(act, place, length, breaksAt, itemAt);
    case 'asyncIterable':
      return new ScriptedAsyncIterable(act, place, length, breaksAt, itemAt);
    default:
      return container satisfies never;
  }
}

/** An array that gives its items backwards, and has a hole. */
function otherItems(items: readonly unknown[]): unknown[] {
  const array: unknown[] = Array.from({ length: items.length + 1 });
  delete array[0];
  return Object.assign(array, { [Symbol.iterator]: () => [...items].reverse().values() });
}

/** An array cannot throw at an item: what is thrown there becomes the item itself, an error or a text. */
function itemsOrThrown(length: number, place: string, itemAt: (place: string) => unknown): unknown[] {
  return Array.from({ length }, (_, index) => {
    try {
      return itemAt(`${place}.${index}`);
    } catch (thrown) {
      return thrown;
    }
  });
}

function* generated(
  act: Act,
  place: string,
  length: number,
  breaksAt: number | undefined,
  itemAt: (place: string) => unknown,
): Generator<unknown> {
  try {
    for (let index = 0; index < length; index += 1) {
      if (index === breaksAt) {
        throw new Error(`generator broke at ${place}.${index}`);
      }
      yield itemAt(`${place}.${index}`);
    }
  } catch (thrown) {
    act.listBroke = true;
    throw thrown;
  } finally {
    act.calls.push(`generator ${place} ends`);
  }
}

/** Goes on after it broke, as iterators may. */
class ScriptedIterable {
  protected readonly act: Act;
  protected readonly place: string;
  protected index = -1;
  readonly #length: number;
  readonly #breaksAt: number | undefined;
  readonly #itemAt: (place: string) => unknown;

  constructor(
    act: Act,
    place: string,
    length: number,
    breaksAt: number | undefined,
    itemAt: (place: string) => unknown,
  ) {
    this.act = act;
    this.place = place;
    this.#length = length;
    this.#breaksAt = breaksAt;
    this.#itemAt = itemAt;
  }

  [Symbol.iterator](): Iterator<unknown> {
    return {
      next: () => this.step(),
      return: () => {
        this.act.calls.push(`return ${this.place}`);
        return { done: true, value: undefined };
      },
    };
  }

  protected step(): IteratorResult<unknown> {
    try {
      return this.#step();
    } catch (thrown) {
      this.act.listBroke = true;
      throw thrown;
    }
  }

  #step(): IteratorResult<unknown> {
    this.index += 1;
    this.act.calls.push(`next ${this.place}.${this.index}`);
    if (this.index === this.#breaksAt) {
      throw new Error(`iterator broke at ${this.place}.${this.index}`);
    }
    return this.index >= this.#length
      ? { done: true, value: undefined }
      : { done: false, value: this.#itemAt(`${this.place}.${this.index}`) };
  }
}

class ScriptedAsyncIterable extends ScriptedIterable {
  // An async iterable that is iterable too: the asynchronous way is taken.
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const { act, place } = this;
    const end = act.at(`${place}#return`).choose('plain', { none: 150, rejects: 100, throws: 50 });
    const returns = (): Promise<IteratorResult<unknown>> => {
      act.calls.push(`return ${place}`);
      if (end === 'throws') {
        throw new Error(`return of ${place} threw`);
      }
      return end === 'rejects'
        ? Promise.reject(new Error(`return of ${place} rejected`))
        : Promise.resolve({ done: true, value: undefined });
    };
    return {
      next: async () => {
        const rank = act.at(`${place}.${this.index + 1}#pace`).next();
        if (rank > 700) {
          await act.scheduler.wait(rank % 5, `${place}#next`);
        }
        return this.step();
      },
      ...(end === 'none' ? {} : { return: returns }),
    };
  }
}
