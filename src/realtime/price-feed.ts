/**
 * The one source of price changes: asks the price API every few seconds for the symbols that hubs watch, all in one
 * call, and sends each hub the changes. While nobody watches it does nothing, and no alarm runs.
 *
 * The price API is asked at once for symbols that nobody watched until now, and a call that watches does not wait for
 * it: a hub that has many such symbols keeps nobody else waiting.
 *
 * A price never goes back in time, except out of the future. A change that a hub could not take is delivered with the
 * next poll, as the latest value. A topic is a symbol in upper case, and so is an entity.
 */
import { TimeoutError } from 'p-timeout';
import { PRICE_FEED_FETCH_TIMEOUT_MS, PRICE_FEED_FETCHES_AT_ONCE } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import { type UndatedPrice, withKnownTimes } from '../upstream/price-api.ts';
import { MergedFetch } from './merged-fetch.ts';
import { setAlarmBy } from './object-storage.ts';
import { TopicLog, type TopicLogOptions, type TopicStates, type TopicUpdate } from './topic-log.ts';

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
  readonly #unseen: MergedFetch;

  constructor(sources: PriceFeedSources) {
    this.#sources = sources;
    this.#log = new TopicLog({ ...sources, isComplete: false });
    this.#unseen = new MergedFetch({
      source: 'price API',
      maxCalls: PRICE_FEED_FETCHES_AT_ONCE,
      limitMs: PRICE_FEED_FETCH_TIMEOUT_MS,
      fetch: async (symbols) => {
        await this.#fetch(symbols);
        // Subscribers of other hubs may have begun with an older price. It never rejects.
        void this.#log.deliver();
      },
      onError: (error) => log.warn('price_feed.refresh_failed', errorFields(error)),
    });
  }

  /**
   * Replaces the symbols that a hub watches; none if it watches nothing any more.
   *
   * @param loaded by symbol, prices of another source: they are taken until the price API has answered.
   * @param callNumber grows with each call of the hub; rejects if a later one has arrived.
   * @returns their prices, as far as they are known; those that the price API is being asked for are due.
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
      this.#log.note(this.#changesIn(new Map(unseen.flatMap((symbol) => entryOf(loaded, symbol)))));
      this.#unseen.ask(unseen);
    }
    const { position, topics } = this.#log.states(symbols);
    const dueOf = (symbol: string) => (this.#unseen.has(symbol) ? { isDue: true as const } : {});
    return { position, topics: topics.map((state) => ({ ...state, ...dueOf(state.topic) })) };
  }

  /** The prices of symbols that were due, as soon as the price API has answered; without it after a limit. */
  async refreshed(symbols: readonly string[]): Promise<TopicStates<PriceRecord>> {
    await answerWithin(PRICE_FEED_FETCH_TIMEOUT_MS, 'price API', () => this.#unseen.settled(symbols)).catch(
      (error: unknown) => {
        if (!(error instanceof TimeoutError)) throw error;
      },
    );
    return this.#log.states(symbols);
  }

  /** One poll: fetches, delivers, and sets the next alarm while anybody watches. */
  async poll(): Promise<void> {
    const watched = this.#log.watched();
    if (watched.size === 0) return;
    // Before the alarm is set: the platform holds a call back until everything that was written before it is stored.
    const fetching = this.#fetch([...watched]).catch((error: unknown) =>
      log.warn('price_feed.poll_failed', { symbols: watched.size, ...errorFields(error) }),
    );
    await this.#schedule();
    await fetching;
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
    // An alarm that is further away was set before the clock was set back.
    await setAlarmBy(storage, nowMs() + pollMs);
  }

  /** Rejects if the price API fails: every price stays as it was. */
  async #fetch(symbols: readonly string[]): Promise<void> {
    const answer = await this.#sources.fetchPrices(symbols);
    const prices = withKnownTimes(answer, (symbol) => this.#log.valueOf(symbol)?.lastUpdate);
    this.#log.append(this.#changesIn(prices));
  }

  #changesIn(received: ReadonlyMap<string, PriceRecord>): TopicUpdate<PriceRecord>[] {
    // A hub may have stopped watching a symbol meanwhile.
    const watched = this.#log.watched();
    const nowSeconds = this.#sources.nowMs() / 1000;
    return [...received]
      .filter(
        ([symbol, record]) => watched.has(symbol) && isChange(record, this.#log.valueOf(symbol), nowSeconds),
      )
      .map(([symbol, value]) => ({ topic: symbol, entity: symbol, value }));
  }
}

const entryOf = (loaded: ReadonlyMap<string, PriceRecord>, symbol: string): [string, PriceRecord][] => {
  const record = loaded.get(symbol);
  return record === undefined ? [] : [[symbol, record]];
};

/** True for another value that is no older. A new time of the same value is no change. */
function isChange(arrived: PriceRecord, held: PriceRecord | undefined, nowSeconds: number): boolean {
  if (held === undefined) return true;
  if (arrived.lastUpdate < Math.min(held.lastUpdate, nowSeconds)) return false;
  return comparable(arrived) !== comparable(held);
}

const comparable = ({ lastUpdate: _, exchanges = [], ...value }: PriceRecord) =>
  JSON.stringify([value, exchanges.map(({ lastUpdate: __, ...exchange }) => exchange)]);
