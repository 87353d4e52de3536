/**
 * What the subscriptions of one hub watch together, and what it last heard of it.
 *
 * The feed is told of the whole whenever it changes, one call after the other, so that the last one is what holds.
 */
import { GraphQLError } from 'graphql';
import type { PriceRecord } from '../storage/kv/prices.ts';
import type { PriceChange } from './price-feed.ts';

export type WatchPrices = (symbols: readonly string[]) => Promise<PriceChange[]>;

export class WatchedPrices {
  readonly #watchPrices: WatchPrices;
  readonly #watchers = new Map<string, number>();
  readonly #latest = new Map<string, PriceChange>();
  /** What the feed was last told, as far as this instance knows. */
  #told: ReadonlySet<string> | null = null;
  #telling: Promise<unknown> = Promise.resolve();
  #position = 0;

  constructor(watchPrices: WatchPrices) {
    this.#watchPrices = watchPrices;
  }

  /** The greatest position that has been heard of. */
  get position(): number {
    return this.#position;
  }

  latest(symbol: string): PriceChange | undefined {
    return this.#latest.get(symbol);
  }

  /**
   * The prices of those symbols that any source knows, in the order asked.
   *
   * @param load asks the other sources; null where none knows the symbol.
   * @throws GraphQLError where no price is known at all: nothing would ever come of watching them.
   */
  async current(
    symbols: readonly string[],
    load: (symbol: string) => Promise<PriceRecord | null>,
  ): Promise<Map<string, PriceRecord>> {
    const known = new Map<string, PriceRecord>();
    let failure: unknown = NO_PRICE;
    const found = await Promise.allSettled(
      symbols.map((symbol) => this.latest(symbol)?.record ?? load(symbol)),
    );
    for (const [index, symbol] of symbols.entries()) {
      const outcome = found[index];
      if (outcome?.status === 'rejected') failure = outcome.reason;
      else if (outcome?.value) known.set(symbol, outcome.value);
    }
    if (known.size === 0) throw failure;
    return known;
  }

  add(symbols: readonly string[]): void {
    for (const symbol of symbols) this.#watchers.set(symbol, (this.#watchers.get(symbol) ?? 0) + 1);
  }

  remove(symbols: readonly string[]): void {
    for (const symbol of symbols) {
      const left = (this.#watchers.get(symbol) ?? 0) - 1;
      if (left > 0) this.#watchers.set(symbol, left);
      else this.#watchers.delete(symbol);
    }
  }

  take(changes: readonly PriceChange[]): void {
    for (const change of changes) {
      const { symbol } = change.record;
      this.#position = Math.max(this.#position, change.position);
      if ((this.#latest.get(symbol)?.position ?? -1) < change.position) this.#latest.set(symbol, change);
    }
  }

  /** Resolves once the feed knows what is watched now, and this knows its prices. */
  tellFeed(): Promise<void> {
    const telling = this.#telling.then(async () => {
      if (this.#isTold()) return;
      const symbols = [...this.#watchers.keys()];
      const changes = await this.#watchPrices(symbols);
      this.#told = new Set(symbols);
      for (const symbol of this.#latest.keys()) if (!this.#told.has(symbol)) this.#latest.delete(symbol);
      this.take(changes);
    });
    this.#telling = telling.catch(() => undefined);
    return telling;
  }

  #isTold(): boolean {
    const told = this.#told;
    if (told === null || told.size !== this.#watchers.size) return false;
    return [...this.#watchers.keys()].every((symbol) => told.has(symbol));
  }
}

const NO_PRICE = new GraphQLError('No source knows the price of any of these symbols.', {
  extensions: { code: 'NOT_FOUND', argumentPath: ['symbols'] },
});
