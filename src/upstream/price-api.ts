/**
 * The price API: prices in US dollars and other currencies, and price history.
 *
 * Asks for any number of symbols in calls of a bounded size. Records are parsed one by one; what was not
 * asked for is dropped.
 */
import { PRICES_BATCH_MAX_SYMBOLS } from '../config.ts';
import { createGetJson, UpstreamError, type UpstreamOptions } from './http.ts';
import { type ParsedRecords, parseRecords, reasonOf, type SkippedRecord } from './parse-records.ts';
import {
  candleRecord,
  priceRecord,
  type UpstreamCandleRecord,
  type UpstreamPriceRecord,
} from './price-api-records.ts';

export interface ParsedPrices {
  /** By upper-case symbol; symbols that the price API does not know are absent. */
  prices: Map<string, UpstreamPriceRecord>;
  /** `id` is the upper-case symbol. */
  skipped: SkippedRecord[];
}

export type HistoryPeriod = '24h' | '7d' | '30d' | '365d';
export type HistoryInterval = '1h' | '1d';

/** Every method throws `UpstreamError`; symbols match whatever their case. */
export interface PriceApi {
  /** Prices in US dollars, one call for 500 symbols. All calls must succeed. */
  batch(symbols: readonly string[]): Promise<ParsedPrices>;
  /** Prices in another currency, e.g. `eur`, one call for 100 symbols; `priceUsd` stays in dollars. */
  inCurrency(symbols: readonly string[], currency: string): Promise<ParsedPrices>;
  /** Candles in US dollars, oldest first; none where the price API does not know the symbol. */
  history(
    symbol: string,
    period: HistoryPeriod,
    interval: HistoryInterval,
  ): Promise<ParsedRecords<UpstreamCandleRecord>>;
}

const PRICES_IN_CURRENCY_MAX_SYMBOLS = 100;
const HISTORY_ROUTE = '/prices/:symbol/history';

export function createPriceApi(options: UpstreamOptions): PriceApi {
  const getJson = createGetJson('price', options);

  async function pricesInChunks(
    symbols: readonly string[],
    chunkSize: number,
    route: string,
    query: string,
  ): Promise<ParsedPrices> {
    const asked = [...new Set(symbols.map((symbol) => symbol.toWellFormed().toUpperCase()))].filter(
      isAskable,
    );
    const result: ParsedPrices = { prices: new Map(), skipped: [] };
    for (let start = 0; start < asked.length; start += chunkSize) {
      const chunk = asked.slice(start, start + chunkSize);
      const list = chunk.map(encodeURIComponent).join(',');
      takeIn(result, await getJson(route, `${route}?symbols=${list}${query}`), new Set(chunk), route);
    }
    return result;
  }

  return {
    batch: (symbols) => pricesInChunks(symbols, PRICES_BATCH_MAX_SYMBOLS, '/prices/batch', ''),
    inCurrency: (symbols, currency) =>
      pricesInChunks(
        symbols,
        PRICES_IN_CURRENCY_MAX_SYMBOLS,
        '/prices',
        `&currency=${encodeURIComponent(currency.toLowerCase())}`,
      ),

    async history(symbol, period, interval) {
      if (!isAskable(symbol) || symbol === '.' || symbol === '..') return { records: [], skipped: [] };
      const path = `/prices/${encodeURIComponent(symbol.toWellFormed())}/history`;
      try {
        const answer = await getJson(HISTORY_ROUTE, `${path}?period=${period}&interval=${interval}`);
        if (!Array.isArray(answer)) throw malformed(HISTORY_ROUTE, 'the answer is not a list');
        return parseRecords(candleRecord, answer, 'time');
      } catch (error) {
        if (error instanceof UpstreamError && error.status === 404) return { records: [], skipped: [] };
        throw error;
      }
    },
  };
}

/** A comma would be read as two symbols, however it is encoded. */
const isAskable = (symbol: string) => symbol.trim() !== '' && !symbol.includes(',');

function takeIn(result: ParsedPrices, answer: unknown, asked: ReadonlySet<string>, route: string): void {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw malformed(route, 'the answer is not an object');
  }
  const entries = Object.entries(answer);
  // No price at all may be true; something else in their place is another shape.
  if (entries.length > 0 && !entries.some(([key]) => asked.has(key.toUpperCase()))) {
    throw malformed(route, 'the answer holds no symbol that was asked for');
  }
  entries.forEach(([key, item], index) => {
    const symbol = key.toUpperCase();
    if (!asked.has(symbol)) return;
    const parsed = priceRecord.safeParse(item);
    if (!parsed.success) result.skipped.push({ index, id: symbol, reason: reasonOf(parsed.error) });
    else if (parsed.data.symbol !== symbol) {
      result.skipped.push({ index, id: symbol, reason: 'symbol: differs from its key' });
    } else result.prices.set(symbol, parsed.data);
  });
}

function malformed(route: string, reason: string): UpstreamError {
  return new UpstreamError({ api: 'price', route, kind: 'malformed', status: 200, reason });
}
