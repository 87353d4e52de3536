/** What a symbol is worth and what else is known of it at a moment, in dollars. */
import type { Coin } from './coins.ts';
import { type Anchor, DAY_SECONDS, Instrument, toSignificant } from './instrument.ts';
import { Dice, smoothNoise } from './random.ts';

export interface Quote {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly dice: Dice;
  readonly volumeSeed: number;
  readonly basePriceUsd: number;
  readonly marketCapUsd: number | null;
  readonly volume24hUsd: number | null;
  readonly circulatingSupply: number | null;
  readonly totalSupply: number | null;
  readonly rank: number | null;
  /** The well-known ones: complete, so that a test can count on them. */
  readonly complete: boolean;
}

const COMPLETE_RANKS = 20;

export function quoteOfCoin(coin: Coin, key: string, seed: number, anchors: readonly Anchor[]): Quote {
  const dice = new Dice(seed, `quote:${key}`);
  const complete = coin.rank <= COMPLETE_RANKS;
  return {
    symbol: coin.symbol,
    instrument: new Instrument(seed, key, volatilityOf(coin, dice), anchors),
    dice,
    volumeSeed: dice.whole('volume-seed', 0, 0x7fffffff),
    basePriceUsd: coin.priceUsd,
    marketCapUsd: complete || dice.chance('has-cap', 0.95) ? coin.marketCapUsd : null,
    volume24hUsd: complete || dice.chance('has-volume', 0.94) ? coin.volume24hUsd : null,
    circulatingSupply: complete || dice.chance('has-supply', 0.95) ? coin.circulatingSupply : null,
    totalSupply: coin.totalSupply,
    rank: complete || dice.chance('has-rank', 0.92) ? coin.rank : null,
    complete,
  };
}

/** For a symbol without a coin behind it: an extra of the price API, or one a test has added. */
export function quoteOfSymbol(symbol: string, priceUsd: number | null, seed: number, startAt: number): Quote {
  const dice = new Dice(seed, `quote:${symbol}`);
  const basePriceUsd = priceUsd ?? toSignificant(10 ** dice.between('price', -5, 2));
  return {
    symbol,
    instrument: new Instrument(seed, symbol, 1, [{ time: startAt, priceUsd: basePriceUsd }]),
    dice,
    volumeSeed: dice.whole('volume-seed', 0, 0x7fffffff),
    basePriceUsd,
    marketCapUsd: null,
    volume24hUsd: Math.round(10 ** dice.between('volume', 3, 6)),
    circulatingSupply: null,
    totalSupply: null,
    rank: null,
    complete: false,
  };
}

function volatilityOf(coin: Coin, dice: Dice): number {
  const change = Math.abs(coin.changePercent24h ?? 0);
  const stable = !coin.generated && Math.abs(coin.priceUsd - 1) < 0.03 && change < 0.6;
  return stable ? 0.004 : dice.between('volatility', 0.6, 1.4);
}

/** Of the source's own prices: the one it lists, and the one a day before that. */
export function anchorsOfCoin(coin: Coin, startAt: number): Anchor[] {
  const listed = { time: startAt, priceUsd: coin.priceUsd };
  if (coin.changePercent24h === null || coin.changePercent24h <= -99) return [listed];
  return [
    { time: startAt - DAY_SECONDS, priceUsd: coin.priceUsd / (1 + coin.changePercent24h / 100) },
    listed,
  ];
}

export function marketCapAt(quote: Quote, time: number): number | null {
  if (quote.marketCapUsd === null) return null;
  return toSignificant((quote.marketCapUsd * quote.instrument.priceAt(time)) / quote.basePriceUsd);
}

export function volumeAt(quote: Quote, time: number): number | null {
  if (quote.volume24hUsd === null) return null;
  return Math.round(quote.volume24hUsd * (1 + 0.3 * smoothNoise(quote.volumeSeed, 6 * 3_600, time)));
}

export function changePercent(instrument: Instrument, time: number, overSeconds: number): number {
  const before = instrument.priceAt(time - overSeconds);
  return toSignificant((instrument.priceAt(time) / before - 1) * 100);
}
