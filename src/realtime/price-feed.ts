/**
 * The one source of price changes: asks the price API every few seconds for the symbols that hubs watch, all in one
 * call, and sends each hub the changes. While nobody watches it does nothing, and no alarm runs.
 *
 * A price never goes back in time, except out of the future. A change that a hub could not take is delivered with the
 * next poll, as the latest value. A topic is a symbol in upper case, and so is an entity.
 */
import { PRICE_FEED_FETCH_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import { type UndatedPrice, withKnownTimes } from '../upstream/price-api.ts';
import { answerWithin } from './answer-within.ts';
import { TopicLog, type TopicLogOptions, type TopicStates } from './topic-log.ts';

export interface PriceFeedSources extends Omit<TopicLogOptions<PriceRecord>, 'isComplete'> {
  /** The price API's batch route: records by upper-case symbol, unknown ones absent. */
  fetchPrices(symbols: readonly string[]): Promise<{
    prices: ReadonlyMap<string, PriceRecord>;
    /** Those whose time was refused. */
    undated?: ReadonlyMap<string, UndatedPrice>;
  }>;
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
   * Replaces the symbols that a hub watches; none if it watches nothing any more.
   *
   * @param loaded by symbol, prices of another source: they are taken if the price API does not answer in time.
   * @param callNumber grows with each call of the hub; rejects if a later one has arrived.
   * @returns their current prices, as far as they are known.
   */
  async watch(
    hubId: string,
    symbols: readonly string[],
    loaded: ReadonlyMap<string, PriceRecord> = new Map(),
    callNumber?: number,
  ): Promise<TopicStates<PriceRecord>> {
    const before = this.#log.watched();
    this.#log.watch(hubId, symbols, callNumber);
    if (this.#log.watched().size === 0) await this.#sources.storage.deleteAlarm();
    else await this.#schedule();
    // The price of a symbol that nobody watched may have changed.
    const isUnseen = (symbol: string) => !before.has(symbol) || this.#log.valueOf(symbol) === undefined;
    const unseen = symbols.filter(isUnseen);
    if (unseen.length > 0) {
      const known = [...loaded].filter(([symbol]) => unseen.includes(symbol));
      this.#take(new Map([...known, ...(await this.#fetched(unseen, PRICE_FEED_FETCH_TIMEOUT_MS))]));
    }
    return this.#log.states(symbols);
  }

  /** One poll: fetches, delivers, and sets the next alarm while anybody watches. */
  async poll(): Promise<void> {
    const watched = this.#log.watched();
    if (watched.size === 0) return;
    await this.#schedule();
    this.#take(await this.#fetched([...watched]));
    await this.#log.deliver();
  }

  /** The latest prices of watched symbols. */
  prices(): PriceRecord[] {
    return this.#log
      .states([...this.#log.watched()])
      .topics.flatMap(({ changes }) => changes.map(({ value }) => value));
  }

  async #schedule(): Promise<void> {
    const { storage, nowMs, pollMs } = this.#sources;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(nowMs() + pollMs);
  }

  /** The price API's prices; none if it fails or takes longer, so that everything stays as it was. */
  async #fetched(
    symbols: readonly string[],
    limitMs = Number.POSITIVE_INFINITY,
  ): Promise<ReadonlyMap<string, PriceRecord>> {
    try {
      const answer = await answerWithin(limitMs, 'price API', () => this.#sources.fetchPrices(symbols));
      return withKnownTimes(answer, (symbol) => this.#log.valueOf(symbol)?.lastUpdate);
    } catch (error) {
      log.warn('price_feed.poll_failed', { symbols: symbols.length, ...errorFields(error) });
      return new Map();
    }
  }

  #take(received: ReadonlyMap<string, PriceRecord>): void {
    // A hub may have stopped watching a symbol meanwhile.
    const watched = this.#log.watched();
    const nowSeconds = this.#sources.nowMs() / 1000;
    const changed = [...received].filter(
      ([symbol, record]) => watched.has(symbol) && isChange(record, this.#log.valueOf(symbol), nowSeconds),
    );
    this.#log.append(changed.map(([symbol, value]) => ({ topic: symbol, entity: symbol, value })));
  }
}

/** True for another value that is no older. A new time of the same value is no change. */
function isChange(arrived: PriceRecord, held: PriceRecord | undefined, nowSeconds: number): boolean {
  if (held === undefined) return true;
  if (arrived.lastUpdate < Math.min(held.lastUpdate, nowSeconds)) return false;
  return comparable(arrived) !== comparable(held);
}

const comparable = ({ lastUpdate: _, exchanges = [], ...value }: PriceRecord) =>
  JSON.stringify([value, exchanges.map(({ lastUpdate: __, ...exchange }) => exchange)]);
