/** The price API's answers: every symbol it knows, at any moment, in any currency it supports. */
import { unitsPerDollar } from './currencies.ts';
import { DAY_SECONDS, toSignificant } from './instrument.ts';
import type { ExchangeRecord, IndicatorsRecord, PriceRecord } from './price-records.ts';
import { changePercent, marketCapAt, type Quote, volumeAt } from './quotes.ts';
import { smoothNoise } from './random.ts';

const EXCHANGES = ['Binance', 'Coinbase', 'Kraken', 'OKX', 'Bybit', 'KuCoin', 'Bitfinex'] as const;
const WITHOUT_INDICATORS = ['BTC', 'ETH'];
const PERIODS = [
  { name: '1h', seconds: 3_600 },
  { name: '24h', seconds: DAY_SECONDS },
  { name: '7d', seconds: 7 * DAY_SECONDS },
  { name: '30d', seconds: 30 * DAY_SECONDS },
] as const;

export class PriceBook {
  readonly #seed: number;
  readonly #quotes = new Map<string, Quote>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The first of several quotes for a symbol is the one the API answers with. */
  add(quote: Quote): void {
    if (!this.#quotes.has(quote.symbol)) this.#quotes.set(quote.symbol, quote);
  }

  find(symbol: string): Quote | undefined {
    return this.#quotes.get(symbol.toUpperCase());
  }

  rate(currency: string, now: number): number | null {
    return unitsPerDollar(
      currency,
      this.#seed,
      now,
      (symbol) => this.find(symbol)?.instrument.priceAt(now) ?? null,
    );
  }

  price(symbol: string, rate: number, now: number): PriceRecord | null {
    const quote = this.find(symbol);
    return quote === undefined ? null : priceRecord(quote, rate, now);
  }
}

function priceRecord(quote: Quote, rate: number, now: number): PriceRecord {
  const priceUsd = quote.instrument.priceAt(now);
  const record: PriceRecord = {
    symbol: quote.symbol,
    price: toSignificant(priceUsd * rate),
    priceUsd,
    ...changes(quote, priceUsd * rate, now),
    volume24h: scaled(volumeAt(quote, now), rate),
    marketCap: scaled(marketCapAt(quote, now), rate),
    circulatingSupply: quote.circulatingSupply,
    totalSupply: quote.totalSupply,
    rank: quote.rank,
    lastUpdate: quote.instrument.pricedAt(now),
  };
  if (quote.dice.chance('exchanges', 0.5)) record.exchanges = exchanges(quote, priceUsd * rate, rate, now);
  if (quote.dice.chance('indicators', 0.05) && !WITHOUT_INDICATORS.includes(quote.symbol)) {
    record.technicalIndicators = indicators(quote, rate, now);
  }
  return quote.dice.chance('leaves-out', 0.3) ? withoutNulls(record) : record;
}

function changes(quote: Quote, price: number, now: number): Partial<PriceRecord> {
  const absolute: Partial<PriceRecord> = {};
  const percents: Partial<PriceRecord> = {};
  for (const period of PERIODS) {
    const known = quote.complete || !quote.dice.chance(`no-change-${period.name}`, 0.07);
    const percent = known ? changePercent(quote.instrument, now, period.seconds) : null;
    percents[`changePercent${period.name}`] = percent;
    absolute[`change${period.name}`] =
      percent === null ? null : toSignificant(price - price / (1 + percent / 100));
  }
  return { ...absolute, ...percents };
}

function exchanges(quote: Quote, price: number, rate: number, now: number): ExchangeRecord[] {
  const names = quote.dice.sample('exchange', EXCHANGES, quote.dice.whole('exchange-count', 2, 4));
  const volume = volumeAt(quote, now);
  return names.map((exchange) => ({
    exchange,
    price: toSignificant(price * quote.dice.between(`at-${exchange}`, 0.998, 1.002)),
    volume24h: quote.dice.chance(`quiet-${exchange}`, 0.1) ? null : scaled(volume, rate / (names.length + 1)),
    lastUpdate: quote.instrument.pricedAt(now),
  }));
}

function indicators(quote: Quote, rate: number, now: number): IndicatorsRecord {
  const day = Math.floor(now / DAY_SECONDS) * DAY_SECONDS;
  const closes = Array.from(
    { length: 200 },
    (_, back) => quote.instrument.priceAt(day - back * DAY_SECONDS) * rate,
  );
  const mean = (count: number) =>
    toSignificant(closes.slice(0, count).reduce((sum, close) => sum + close, 0) / count);
  const value = toSignificant(mean(12) - mean(26));
  const signal = toSignificant(mean(9) - mean(21));
  return {
    rsi: toSignificant(50 + 30 * smoothNoise(quote.volumeSeed, 3 * DAY_SECONDS, now)),
    macd: { value, signal, histogram: toSignificant(value - signal) },
    movingAverages: { ma7: mean(7), ma25: mean(25), ma50: mean(50), ma200: mean(200) },
    support: toSignificant(Math.min(...closes.slice(0, 14))),
    resistance: toSignificant(Math.max(...closes.slice(0, 14))),
  };
}

function scaled(amount: number | null, rate: number): number | null {
  return amount === null ? null : toSignificant(amount * rate);
}

function withoutNulls(record: PriceRecord): PriceRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== null),
  ) as unknown as PriceRecord;
}
