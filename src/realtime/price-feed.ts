/**
 * The one source of price changes: asks the price API every few seconds for the symbols that hubs watch, all in one
 * call, and hands each hub what has changed. While nobody watches it does nothing, and no alarm runs.
 *
 * A change has a position, which grows with every change. What a hub could not take is owed to it, as the latest
 * value, with the next poll. A price never goes back in time. All of it is one row of the object's storage, written
 * at most once a poll, so that a restart forgets nothing.
 */
import { PRICE_POLL_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';

export interface PriceChange {
  position: number;
  record: PriceRecord;
}

export interface PriceFeedSources {
  storage: DurableObjectStorage;
  /** The price API's batch route: records by upper-case symbol, unknown ones absent. */
  fetchPrices(symbols: readonly string[]): Promise<{ prices: ReadonlyMap<string, PriceRecord> }>;
  /** Rejects where the hub did not take them. */
  publish(hubId: string, changes: readonly PriceChange[]): Promise<void>;
  nowMs(): number;
}

interface FeedState {
  position: number;
  /** By hub: what it watches, and of that, what it has not been told. */
  hubs: Record<string, { symbols: string[]; owed: string[] }>;
  /** By symbol, of the watched ones. */
  prices: Record<string, PriceChange>;
}

export class PollingPriceFeed {
  readonly #sources: PriceFeedSources;
  readonly #state: FeedState;

  constructor(sources: PriceFeedSources) {
    this.#sources = sources;
    const { sql } = sources.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)');
    const [row] = sql.exec<{ state: string }>('SELECT state FROM feed').toArray();
    this.#state = row === undefined ? { position: 0, hubs: {}, prices: {} } : JSON.parse(row.state);
  }

  /**
   * Replaces what a hub watches.
   *
   * @param symbols in upper case; none where it watches nothing any more.
   * @returns their current prices, as far as they are known.
   */
  async watch(hubId: string, symbols: readonly string[]): Promise<PriceChange[]> {
    const owed = this.#state.hubs[hubId]?.owed ?? [];
    if (symbols.length === 0) delete this.#state.hubs[hubId];
    else this.#state.hubs[hubId] = { symbols: [...symbols], owed: owed.filter((s) => symbols.includes(s)) };
    this.#forgetUnwatched();
    this.#save();
    if (this.#watched().size === 0) await this.#sources.storage.deleteAlarm();
    else await this.#schedule();
    const unheld = symbols.filter((symbol) => !Object.hasOwn(this.#state.prices, symbol));
    if (unheld.length > 0) await this.#take(unheld);
    return symbols.flatMap((symbol) => this.#state.prices[symbol] ?? []);
  }

  /** One round: asks, tells, and sets the next alarm while anybody watches. */
  async poll(): Promise<void> {
    const watched = [...this.#watched()];
    if (watched.length === 0) return;
    await this.#schedule();
    await this.#take(watched);
    // Saved before it is told, and not after: a restart tells some of it twice, but issues no position twice.
    await Promise.all(Object.keys(this.#state.hubs).map((hubId) => this.#tell(hubId)));
  }

  #watched(): Set<string> {
    return new Set(Object.values(this.#state.hubs).flatMap(({ symbols }) => symbols));
  }

  #forgetUnwatched(): void {
    const watched = this.#watched();
    const { prices } = this.#state;
    this.#state.prices = Object.fromEntries(Object.entries(prices).filter(([symbol]) => watched.has(symbol)));
  }

  async #schedule(): Promise<void> {
    const { storage, nowMs } = this.#sources;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(nowMs() + PRICE_POLL_MS);
  }

  /** Takes in what has changed of the symbols. While the price API fails, all stays as it was. */
  async #take(symbols: readonly string[]): Promise<void> {
    let received: ReadonlyMap<string, PriceRecord>;
    try {
      received = (await this.#sources.fetchPrices(symbols)).prices;
    } catch (error) {
      log.warn('price_feed.poll_failed', { symbols: symbols.length, ...errorFields(error) });
      return;
    }
    const watched = this.#watched();
    const changed = new Set<string>();
    for (const [symbol, record] of received) {
      // A hub may have let go of it meanwhile.
      if (!watched.has(symbol) || !isNews(record, this.#state.prices[symbol]?.record)) continue;
      this.#state.position += 1;
      this.#state.prices[symbol] = { position: this.#state.position, record };
      changed.add(symbol);
    }
    if (changed.size === 0) return;
    for (const hub of Object.values(this.#state.hubs)) {
      hub.owed = hub.symbols.filter((symbol) => changed.has(symbol) || hub.owed.includes(symbol));
    }
    this.#save();
  }

  async #tell(hubId: string): Promise<void> {
    const owed = this.#state.hubs[hubId]?.owed ?? [];
    const changes = owed.flatMap((symbol) => this.#state.prices[symbol] ?? []);
    if (changes.length === 0) return;
    changes.sort((a, b) => a.position - b.position);
    const told = changes.at(-1)?.position ?? 0;
    try {
      await this.#sources.publish(hubId, changes);
    } catch (error) {
      log.warn('price_feed.publish_failed', { hubId, changes: changes.length, ...errorFields(error) });
      return;
    }
    const hub = this.#state.hubs[hubId];
    // What changed while it was being told is owed still.
    if (hub) hub.owed = hub.owed.filter((symbol) => (this.#state.prices[symbol]?.position ?? 0) > told);
  }

  #save(): void {
    const state = JSON.stringify(this.#state);
    this.#sources.storage.sql.exec('INSERT OR REPLACE INTO feed (id, state) VALUES (1, ?)', state);
  }
}

/** Another value, and no older one. That the source looked again is no news. */
function isNews(arrived: PriceRecord, held: PriceRecord | undefined): boolean {
  if (held === undefined) return true;
  if (arrived.lastUpdate < held.lastUpdate) return false;
  return comparable(arrived) !== comparable(held);
}

const comparable = ({ lastUpdate: _, exchanges = [], ...value }: PriceRecord) =>
  JSON.stringify([value, exchanges.map(({ lastUpdate: __, ...exchange }) => exchange)]);
