/**
 * The minute's job writes every synced symbol's price and every currency's rate into one KV value, and each price
 * into the candle of the hour.
 */
import * as z from 'zod';
import { PRICE_FEED_READ_TIMEOUT_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { type HourCandles, hourQuery, hourWrite, parseHour } from '../storage/d1/hour-in-progress.ts';
import { syncedSymbolsQuery } from '../storage/d1/projects.ts';
import {
  type PriceRecord,
  type PriceSnapshot,
  readPriceSnapshot,
  writePriceSnapshot,
} from '../storage/kv/prices.ts';
import { withKnownTimes } from '../upstream/price-api.ts';
import { canonicalSymbol } from '../upstream/price-symbols.ts';
import { RATE_SYMBOLS, readRates } from './currency-rates.ts';
import {
  everyMinute,
  firstError,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  logRefused,
  nothingDone,
} from './job.ts';
import { mergePrices, type ReceivedPrice } from './merge-prices.ts';
import { saleFeedRetryEffect } from './sale-feed-effects.ts';

export const HOUR_SECONDS = 3_600;

export const pricesJob: JobDefinition = {
  name: 'prices',
  schedule: everyMinute,
  leaseSeconds: 120,
  cacheTag: 'prices',
  effects: [saleFeedRetryEffect],
  run: syncPrices,
};

/** `read` counts the prices received, `written` those that differ from the last snapshot's. */
async function syncPrices(deps: JobDeps, run: JobRun): Promise<JobReport> {
  const { db, pricesKv, priceApi } = deps;
  const hourStart = run.startedAt - (run.startedAt % HOUR_SECONDS);
  const { symbols, hour } = await readSymbolsAndHour(db, hourStart);
  if (symbols.length === 0) return nothingDone();

  const [held, answer, fed] = await Promise.all([
    readHeldSnapshot(pricesKv),
    priceApi.batch([...symbols, ...RATE_SYMBOLS], run.lease.keep),
    feedPrices(deps),
  ]);
  const priceUsdOf = (symbol: string) => answer.prices.get(symbol)?.priceUsd;
  const { rates, firstError: rateError } = await readRates(priceApi, priceUsdOf, held.snapshot?.rates ?? {});
  logRefused('prices', answer.refused);
  const heldPrices = new Map(Object.entries(held.snapshot?.prices ?? {}));
  const received = withKnownTimes(answer, (symbol) => heldPrices.get(symbol)?.lastUpdate);
  const { snapshot, current, changed } = mergePrices({
    previous: held.snapshot,
    symbols,
    received: newest(received, fed),
    refused: new Set(answer.skipped.flatMap(({ id }) => id ?? [])),
    rates,
    asOf: run.startedAt,
  });

  // The hour first: if KV then fails, the hour has one more true sample, which no reader sees. KV knows no lease: D1 has
  // just confirmed it.
  await run.lease.write(current.length === 0 ? [] : [hourWrite(db, hourStart, foldHour(hour, current))]);
  await writePriceSnapshot(pricesKv, snapshot);
  return {
    read: answer.prices.size + answer.skipped.length,
    written: changed,
    skipped: answer.skipped.length,
    firstError:
      firstError(answer.refused) ??
      (answer.prices.size === 0 ? 'the price API knows none of the symbols' : null) ??
      rateError ??
      held.error,
  };
}

/** Without them the snapshot holds the price API's prices, which catch up within a minute. */
async function feedPrices(deps: JobDeps): Promise<PriceRecord[]> {
  try {
    return await answerWithin(PRICE_FEED_READ_TIMEOUT_MS, 'price feed', deps.feedPrices);
  } catch (error) {
    log.warn('sync.price_feed_not_read', errorFields(error));
    return [];
  }
}

/** Queries must not answer an older price than subscribers have received. */
export function newest(
  received: ReadonlyMap<string, ReceivedPrice>,
  fed: readonly PriceRecord[],
): Map<string, ReceivedPrice> {
  const prices = new Map(received);
  for (const record of fed) {
    const arrived = prices.get(record.symbol);
    if (arrived !== undefined && arrived.lastUpdate < record.lastUpdate) prices.set(record.symbol, record);
  }
  return prices;
}

async function readSymbolsAndHour(db: D1Database, hourStart: number) {
  const [symbols, hour] = await db.batch([syncedSymbolsQuery(db), hourQuery(db, hourStart)]);
  if (symbols === undefined || hour === undefined)
    throw new Error('D1 answered fewer results than it was asked for');
  return {
    symbols: [
      ...new Set((symbols.results as { symbol: string }[]).map(({ symbol }) => canonicalSymbol(symbol))),
    ],
    hour: parseHour(hour as D1Result<{ candles: string }>),
  };
}

/** A snapshot that does not parse is written anew: an error here would leave it broken for ever. */
async function readHeldSnapshot(
  kv: KVNamespace,
): Promise<{ snapshot: PriceSnapshot | null; error: string | null }> {
  try {
    return { snapshot: await readPriceSnapshot(kv), error: null };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    return { snapshot: null, error: 'the last price snapshot was unreadable' };
  }
}

/** The hour's candles with one more price of each symbol. */
export function foldHour(
  hour: HourCandles,
  prices: readonly { symbol: string; priceUsd: number }[],
): HourCandles {
  const folded = { ...hour };
  for (const { symbol, priceUsd } of prices) {
    const held = Object.hasOwn(folded, symbol) ? folded[symbol] : undefined;
    folded[symbol] =
      held === undefined
        ? [priceUsd, priceUsd, priceUsd, priceUsd]
        : [held[0], Math.max(held[1], priceUsd), Math.min(held[2], priceUsd), priceUsd];
  }
  return folded;
}
