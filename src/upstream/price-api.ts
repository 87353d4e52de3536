/**
 * The client of the price API: prices in US dollars and other currencies, and price history.
 *
 * Any number of symbols is split into calls of a limited size. Symbols that the caller did not ask for are dropped. An
 * odd symbol costs no other symbol its price.
 */
import { PRICES_BATCH_MAX_SYMBOLS } from '../config.ts';
import { createGetJson, malformed, rethrowUnlessNotFound, type UpstreamOptions } from './http.ts';
import {
  type ParsedRecord,
  type ParsedRecords,
  parseRecord,
  parseRecords,
  type RefusedValue,
  type SkippedRecord,
} from './parse-records.ts';
import {
  candleRecord,
  priceRecord,
  type UpstreamCandleRecord,
  type UpstreamPriceRecord,
} from './price-api-records.ts';
import { canonicalSymbol, isAskable, priceCalls } from './price-symbols.ts';

export interface ParsedPrices {
  /** By canonical symbol, without those that the price API does not know. */
  prices: Map<string, UpstreamPriceRecord>;
  /** By canonical symbol, prices whose time was refused. */
  undated: Map<string, UndatedPrice>;
  /** Those of `undated` too. `id` is the canonical symbol, here and in `refused`. */
  skipped: SkippedRecord[];
  /** All values that were refused. */
  refused: RefusedValue[];
}

export type UndatedPrice = Pick<UpstreamPriceRecord, 'symbol' | 'price' | 'priceUsd'> &
  Partial<Omit<UpstreamPriceRecord, 'lastUpdate'>>;
export type DatedPrice = UndatedPrice & Pick<UpstreamPriceRecord, 'lastUpdate'>;

export type HistoryPeriod = '24h' | '7d' | '30d' | '365d';
export type HistoryInterval = '1h' | '1d';

/** Every method throws `UpstreamError`. Symbols match in any case, and with blanks around them. */
export interface PriceApi {
  /**
   * Prices in US dollars, one call for 500 symbols. It fails if one call fails.
   *
   * @param afterEachCall is awaited before the next call; its rejection ends the batch.
   */
  batch(symbols: readonly string[], afterEachCall?: () => Promise<void>): Promise<ParsedPrices>;
  /** Prices in another currency, e.g. `eur`, one call for 100 symbols; `priceUsd` stays in dollars. */
  inCurrency(symbols: readonly string[], currency: string): Promise<ParsedPrices>;
  /** Candles in US dollars, oldest first; none if the price API does not know the symbol. */
  history(
    symbol: string,
    period: HistoryPeriod,
    interval: HistoryInterval,
  ): Promise<ParsedRecords<UpstreamCandleRecord>>;
}

/** The prices, and the undated ones with the time that is known of their symbol: they are newer, but not how much. */
export function withKnownTimes<Price>(
  { prices, undated }: { prices: ReadonlyMap<string, Price>; undated?: ReadonlyMap<string, UndatedPrice> },
  lastUpdateOf: (symbol: string) => number | undefined,
): Map<string, Price | DatedPrice> {
  const dated = new Map<string, Price | DatedPrice>(prices);
  for (const [symbol, price] of undated ?? []) {
    const lastUpdate = lastUpdateOf(symbol);
    if (lastUpdate !== undefined) dated.set(symbol, { ...price, lastUpdate });
  }
  return dated;
}

const PRICES_IN_CURRENCY_MAX_SYMBOLS = 100;
const HISTORY_ROUTE = '/prices/:symbol/history';

export function createPriceApi(options: UpstreamOptions): PriceApi {
  const getJson = createGetJson('price', options);

  async function pricesInCalls(
    symbols: readonly string[],
    maxSymbols: number,
    route: string,
    query: string,
    afterEachCall?: () => Promise<void>,
  ): Promise<ParsedPrices> {
    const result: ParsedPrices = { prices: new Map(), undated: new Map(), skipped: [], refused: [] };
    for (const asked of priceCalls(symbols, maxSymbols)) {
      const list = asked.map(encodeURIComponent).join(',');
      addPrices(result, await getJson(route, `${route}?symbols=${list}${query}`), new Set(asked), route);
      await afterEachCall?.();
    }
    return result;
  }

  return {
    batch: (symbols, afterEachCall) =>
      pricesInCalls(symbols, PRICES_BATCH_MAX_SYMBOLS, '/prices/batch', '', afterEachCall),
    inCurrency: (symbols, currency) =>
      pricesInCalls(
        symbols,
        PRICES_IN_CURRENCY_MAX_SYMBOLS,
        '/prices',
        `&currency=${encodeURIComponent(currency.toLowerCase())}`,
      ),

    async history(symbol, period, interval) {
      const named = symbol.toWellFormed().trim();
      if (!isAskable(named) || named === '.' || named === '..') return { records: [], skipped: [] };
      const path = `/prices/${encodeURIComponent(named)}/history`;
      try {
        const answer = await getJson(HISTORY_ROUTE, `${path}?period=${period}&interval=${interval}`);
        if (!Array.isArray(answer)) throw malformed('price', HISTORY_ROUTE, 'the answer is not a list');
        return parseRecords(candleRecord, answer, 'time');
      } catch (error) {
        rethrowUnlessNotFound(error);
        return { records: [], skipped: [] };
      }
    },
  };
}

function addPrices(result: ParsedPrices, answer: unknown, asked: ReadonlySet<string>, route: string): void {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw malformed('price', route, 'the answer is not an object');
  }
  const entries = Object.entries(answer).map(([key, item]) => ({ symbol: canonicalSymbol(key), item }));
  // An empty answer is valid: the price API may know none of them. So are prices of other symbols, which it may have
  // found for an odd one.
  const hasPrices = ({ symbol, item }: (typeof entries)[number]) =>
    asked.has(symbol) || priceRecord.safeParse(item).success;
  if (entries.length > 0 && !entries.some(hasPrices)) {
    throw malformed('price', route, 'the answer holds no symbol that was asked for');
  }
  entries.forEach(({ symbol, item }, index) => {
    if (!asked.has(symbol)) return;
    const { record, rest, reason, reasons } = parsePrice(item, symbol);
    result.refused.push(...reasons.map((each) => ({ index, id: symbol, reason: each })));
    if (record !== undefined) result.prices.set(symbol, record);
    else result.skipped.push({ index, id: symbol, reason: reason ?? 'invalid' });
    if (record === undefined && isUndated(rest)) result.undated.set(symbol, rest);
  });
}

/** The answer's key names the symbol if the record does not. */
function parsePrice(item: unknown, symbol: string): ParsedRecord<UpstreamPriceRecord> {
  const parsed = parseRecord(priceRecord, item);
  const { rest, reasons } = parsed;
  if (rest === undefined) return parsed;
  if (rest.symbol !== undefined && canonicalSymbol(rest.symbol) !== symbol) {
    const reason = 'symbol: differs from its key';
    return { record: undefined, rest: undefined, reason, reasons: [...reasons, reason] };
  }
  return { ...parseRecord(priceRecord, { ...(item as object), symbol }), reasons };
}

const isUndated = (rest: Partial<UpstreamPriceRecord> | undefined): rest is UndatedPrice =>
  rest?.price !== undefined && rest.priceUsd !== undefined && rest.symbol !== undefined;
