/**
 * The one source of price changes: asks the price API every few seconds for the symbols that hubs watch, all in one
 * call, and hands each hub what has changed. While nobody watches it does nothing, and no alarm runs.
 *
 * A price never goes back in time, except out of the future. What a hub could not take is owed to it, as the latest
 * value, with the next poll. A topic is a symbol in upper case, and so is an entity.
 */
import { errorFields, log } from '../observability/log.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import { TopicLog, type TopicLogOptions, type TopicStates } from './topic-log.ts';

export interface PriceFeedSources extends Omit<TopicLogOptions<PriceRecord>, 'isComplete'> {
  /** The price API's batch route: records by upper-case symbol, unknown ones absent. */
  fetchPrices(symbols: readonly string[]): Promise<{ prices: ReadonlyMap<string, PriceRecord> }>;
  pollMs: number;
}

export class PollingPriceFeed {
  readonly #sources: PriceFeedSources;
  readonly #log: TopicLog<PriceRecord>;

  constructor(sources: PriceFeedSources) {
    this.#sources = sources;
    this.#log = new TopicLog({ ...sources, isComplete: false });
  }

  /**
   * Replaces what a hub watches; no symbols where it watches nothing any more.
   *
   * @param loaded by symbol, prices of another source: they stand where the price API does not answer.
   * @returns their current prices, as far as they are known.
   */
  async watch(
    hubId: string,
    symbols: readonly string[],
    loaded: ReadonlyMap<string, PriceRecord> = new Map(),
  ): Promise<TopicStates<PriceRecord>> {
    const before = this.#log.watched();
    this.#log.watch(hubId, symbols);
    if (this.#log.watched().size === 0) await this.#sources.storage.deleteAlarm();
    else await this.#schedule();
    // What nobody watched until now may have changed meanwhile.
    const isUnseen = (symbol: string) => !before.has(symbol) || this.#log.valueOf(symbol) === undefined;
    const unseen = symbols.filter(isUnseen);
    if (unseen.length > 0) {
      const known = [...loaded].filter(([symbol]) => unseen.includes(symbol));
      this.#take(new Map([...known, ...(await this.#fetched(unseen))]));
    }
    return this.#log.states(symbols);
  }

  /** One round: asks, tells, and sets the next alarm while anybody watches. */
  async poll(): Promise<void> {
    const watched = this.#log.watched();
    if (watched.size === 0) return;
    await this.#schedule();
    this.#take(await this.#fetched([...watched]));
    await this.#log.tell();
  }

  /** The latest prices of what is watched. */
  prices(): PriceRecord[] {
    return this.#log
      .states([...this.#log.watched()])
      .topics.flatMap(({ changes }) => changes.map(({ value }) => value));
  }

  async #schedule(): Promise<void> {
    const { storage, nowMs, pollMs } = this.#sources;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(nowMs() + pollMs);
  }

  /** What the price API says; nothing while it fails: all stays as it was. */
  async #fetched(symbols: readonly string[]): Promise<ReadonlyMap<string, PriceRecord>> {
    try {
      return (await this.#sources.fetchPrices(symbols)).prices;
    } catch (error) {
      log.warn('price_feed.poll_failed', { symbols: symbols.length, ...errorFields(error) });
      return new Map();
    }
  }

  #take(received: ReadonlyMap<string, PriceRecord>): void {
    // A hub may have let go of it meanwhile.
    const watched = this.#log.watched();
    const nowSeconds = this.#sources.nowMs() / 1000;
    const news = [...received].filter(
      ([symbol, record]) => watched.has(symbol) && isNews(record, this.#log.valueOf(symbol), nowSeconds),
    );
    this.#log.append(news.map(([symbol, value]) => ({ topic: symbol, entity: symbol, value })));
  }
}

/** Another value, and no older one. That the source looked again is no news. */
function isNews(arrived: PriceRecord, held: PriceRecord | undefined, nowSeconds: number): boolean {
  if (held === undefined) return true;
  if (arrived.lastUpdate < Math.min(held.lastUpdate, nowSeconds)) return false;
  return comparable(arrived) !== comparable(held);
}

const comparable = ({ lastUpdate: _, exchanges = [], ...value }: PriceRecord) =>
  JSON.stringify([value, exchanges.map(({ lastUpdate: __, ...exchange }) => exchange)]);
