/**
 * Prices of symbols outside the snapshot: from the isolate's memory, then from one KV value, then by one call of the
 * price API for all the rest.
 *
 * Clients can make up any number of symbols, so each cost has a bound that does not grow with them. The isolate reads the
 * KV value every 15 s and writes it a few times a minute, with all that it holds. It remembers unknown symbols in its own
 * memory alone. Calls that find no price have a budget; a call that finds one is free, because known symbols are few. A call
 * counts when it ends: many that begin at once for a known symbol are all made.
 */
import * as z from 'zod';
import { tooComplex, upstreamUnavailable } from '../../schema/errors.ts';
import {
  ON_DEMAND_MISSES_PER_MINUTE,
  ON_DEMAND_PUTS_PER_MINUTE,
  PRICES_BATCH_MAX_SYMBOLS,
} from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import type { BoundedMemory } from '../storage/bounded-memory.ts';
import { readJsonValues, writeJsonValue } from '../storage/kv/json-values.ts';
import {
  ON_DEMAND_PRICE_TTL_SECONDS,
  ON_DEMAND_PRICES_KEY,
  PRICE_SNAPSHOT_MEMORY_SECONDS,
} from '../storage/kv/keys.ts';
import type { PriceRecord } from '../storage/kv/prices.ts';
import { RateBudget } from '../storage/rate-budget.ts';
import type { RecentlyAbsent } from '../storage/recently-absent.ts';
import type { RefusedValue } from '../upstream/parse-records.ts';
import { type UndatedPrice, withKnownTimes } from '../upstream/price-api.ts';
import { priceCalls } from '../upstream/price-symbols.ts';

/** A record in V8's heap: 630 with three exchanges by measurement; indicators and more exchanges take the rest. */
export const PRICE_RECORD_BYTES = 1_500;

export interface OnDemandPrice {
  record: PriceRecord;
  fetchedAtMs: number;
}

export interface OnDemandSources {
  kv: KVNamespace;
  memory: BoundedMemory<OnDemandPrice>;
  /** Symbols that no source knew, for `UNKNOWN_PRICE_MEMORY_SECONDS`. */
  unknownSymbols: RecentlyAbsent;
  /** Records by canonical symbol. Unknown symbols are absent; malformed records are in `skipped`. */
  fetchPrices(symbols: readonly string[]): Promise<{
    prices: ReadonlyMap<string, PriceRecord>;
    /** Those whose time was refused. */
    undated?: ReadonlyMap<string, UndatedPrice>;
    skipped: readonly { id?: string }[];
    refused?: readonly RefusedValue[];
  }>;
}

export interface OnDemandRequest {
  nowMs: number;
  waitUntil(promise: Promise<unknown>): void;
  /** Counts one more call of the price API; false if the request has made all that it may. */
  claimCall(): boolean;
}

const keptSchema = z.array(
  z.object({
    fetchedAtMs: z.number(),
    record: z.custom<PriceRecord>(
      (value) => typeof value === 'object' && value !== null && 'priceUsd' in value && 'symbol' in value,
    ),
  }),
);

const MINUTE_SECONDS = 60;

/** One for an isolate. */
export class OnDemandPrices {
  readonly #sources: OnDemandSources;
  readonly #misses = new RateBudget({ times: ON_DEMAND_MISSES_PER_MINUTE, seconds: MINUTE_SECONDS });
  readonly #puts = new RateBudget({ times: ON_DEMAND_PUTS_PER_MINUTE, seconds: MINUTE_SECONDS });
  #readAtMs = Number.NEGATIVE_INFINITY;
  #hasUnwritten = false;

  constructor(sources: OnDemandSources) {
    this.#sources = sources;
  }

  /** Adds prices or errors to `found`, and nothing for symbols that no source knows. */
  async load(
    symbols: readonly string[],
    found: Map<string, PriceRecord | Error>,
    { nowMs, waitUntil, claimCall }: OnDemandRequest,
  ): Promise<void> {
    const { unknownSymbols } = this.#sources;
    const possible = symbols.filter((symbol) => !unknownSymbols.has(symbol, nowMs));
    let missing = this.#recall(possible, found, nowMs);
    if (missing.length > 0 && (await this.#readKv(nowMs))) missing = this.#recall(missing, found, nowMs);
    const [call, ...others] = priceCalls(missing, PRICES_BATCH_MAX_SYMBOLS);
    const isAsked = call !== undefined && claimCall();
    for (const symbol of [...(isAsked ? [] : (call ?? [])), ...others.flat()])
      found.set(symbol, TOO_MANY_CALLS);
    if (isAsked) await this.#fetch(call, found, nowMs);
    if (this.#hasUnwritten && this.#puts.spend(nowMs)) waitUntil(this.#writeKv(nowMs));
  }

  /** @returns the symbols without a recent price. */
  #recall(symbols: readonly string[], found: Map<string, PriceRecord | Error>, nowMs: number): string[] {
    return symbols.filter((symbol) => {
      const held = this.#sources.memory.get(symbol);
      if (held === undefined || !isRecent(held, nowMs)) return true;
      found.set(symbol, held.record);
      return false;
    });
  }

  async #fetch(
    symbols: readonly string[],
    found: Map<string, PriceRecord | Error>,
    nowMs: number,
  ): Promise<void> {
    if (this.#misses.isSpent(nowMs)) {
      for (const symbol of symbols) found.set(symbol, TOO_MANY_MISSES);
      return;
    }
    const { fetchPrices, memory, unknownSymbols } = this.#sources;
    const unavailable = (cause?: unknown) =>
      upstreamUnavailable('The price API cannot be reached, and no price of it is stored.', cause);
    try {
      const answer = await fetchPrices(symbols);
      const { skipped, refused = [] } = answer;
      if (refused.length > 0) logRefused(refused);
      const prices = withKnownTimes(answer, (symbol) => memory.get(symbol)?.record.lastUpdate);
      if (prices.size === 0) this.#misses.spend(nowMs);
      const malformed = new Set(skipped.map((record) => record.id));
      for (const symbol of symbols) {
        const record = prices.get(symbol);
        if (record) {
          found.set(symbol, record);
          this.#keep({ record, fetchedAtMs: nowMs });
          this.#hasUnwritten = true;
        } else if (malformed.has(symbol)) found.set(symbol, unavailable());
        else unknownSymbols.note(symbol, nowMs);
      }
    } catch (error) {
      this.#misses.spend(nowMs);
      log.warn('prices.on_demand_failed', { symbols: symbols.length, ...errorFields(error) });
      for (const symbol of symbols) found.set(symbol, unavailable(error));
    }
  }

  #keep(price: OnDemandPrice): void {
    this.#sources.memory.set(price.record.symbol, price, PRICE_RECORD_BYTES);
  }

  /** Takes what other isolates have fetched. True if it has read the value, which it does every 15 s. */
  async #readKv(nowMs: number): Promise<boolean> {
    const ageMs = nowMs - this.#readAtMs;
    if (ageMs >= 0 && ageMs < PRICE_SNAPSHOT_MEMORY_SECONDS * 1000) return false;
    this.#readAtMs = nowMs;
    const { kv, memory } = this.#sources;
    try {
      const values = await readJsonValues(kv, [ON_DEMAND_PRICES_KEY], keptSchema);
      for (const price of values.get(ON_DEMAND_PRICES_KEY) ?? []) {
        const held = memory.get(price.record.symbol);
        if (isRecent(price, nowMs) && price.fetchedAtMs > (held?.fetchedAtMs ?? 0)) this.#keep(price);
      }
    } catch (error) {
      log.error('prices.on_demand_unreadable', errorFields(error));
    }
    return true;
  }

  /** The last of two isolates that write at once wins: what the other has fetched is fetched again. */
  async #writeKv(nowMs: number): Promise<void> {
    this.#hasUnwritten = false;
    const { kv, memory } = this.#sources;
    const recent = [...memory.values()].filter((price) => isRecent(price, nowMs));
    await writeJsonValue(kv, ON_DEMAND_PRICES_KEY, recent, ON_DEMAND_PRICE_TTL_SECONDS);
  }
}

const REFUSED_LOGGED_MAX = 50;

function logRefused(refused: readonly RefusedValue[]): void {
  const values = JSON.stringify(refused.slice(0, REFUSED_LOGGED_MAX));
  log.warn('upstream.values_refused', { route: '/prices/batch', count: refused.length, values });
}

/** A clock may be set back. */
function isRecent({ fetchedAtMs }: OnDemandPrice, nowMs: number): boolean {
  const ageMs = nowMs - fetchedAtMs;
  return ageMs >= 0 && ageMs < ON_DEMAND_PRICE_TTL_SECONDS * 1000;
}

const TOO_MANY_CALLS = tooComplex(
  'The symbols that are not synced take more calls of the price API than one request may make.',
);
const TOO_MANY_MISSES = upstreamUnavailable(
  'No more symbols that are not synced can be looked up within this minute.',
);
