/** What a market lists: the real coins or well-known ones, filled up with generated ones to the count asked. */
import { AWKWARD_NAMES, plausibleName } from './coin-names.ts';
import { EXTRA_SYMBOLS } from './extra-symbols.ts';
import { Dice, hashNumber } from './random.ts';
import { readSharedCoins, type SharedCoin } from './shared-market-files.ts';
import { WELL_KNOWN_COINS, type WellKnownCoin } from './well-known-coins.ts';

export type MarketSource = 'shared' | 'made-up';

export interface Coin {
  id: string;
  slug: string;
  symbol: string;
  name: string;
  logoUrl: string;
  priceUsd: number;
  /** What the source says of the day before the market's start. */
  changePercent24h: number | null;
  marketCapUsd: number;
  volume24hUsd: number;
  circulatingSupply: number;
  totalSupply: number | null;
  maxSupply: number | null;
  rank: number;
  generated: boolean;
}

/** Up to here symbols are unique and every project is live, whatever the source. */
export const TIDY_COUNT = 250;

export function listCoins(source: MarketSource, count: number, seed: number): Coin[] {
  const base =
    source === 'shared'
      ? readSharedCoins().slice(0, count).map(fromShared)
      : WELL_KNOWN_COINS.slice(0, count).map((coin, index) => fromWellKnown(coin, index, seed));
  return addGenerated(base, count, seed);
}

function supply(value: number): number | null {
  return value > 0 ? value : null;
}

function fromShared(coin: SharedCoin, index: number): Coin {
  return {
    id: coin.id,
    slug: coin.id,
    symbol: coin.symbol.toUpperCase(),
    name: coin.name,
    logoUrl: coin.image,
    priceUsd: coin.current_price,
    changePercent24h: coin.price_change_percentage_24h,
    marketCapUsd: coin.market_cap,
    volume24hUsd: coin.total_volume,
    circulatingSupply: coin.circulating_supply,
    totalSupply: supply(coin.total_supply),
    maxSupply: supply(coin.max_supply),
    rank: index + 1,
    generated: false,
  };
}

function fromWellKnown(
  [id, symbol, name, price, circulating, max]: WellKnownCoin,
  index: number,
  seed: number,
): Coin {
  const marketCapUsd = Math.round(price * circulating);
  return {
    id,
    slug: id,
    symbol,
    name,
    logoUrl: `https://assets.com2000.example/logos/${id}.png`,
    priceUsd: price,
    changePercent24h: null,
    marketCapUsd,
    volume24hUsd: Math.round(marketCapUsd * new Dice(seed, id).between('volume', 0.01, 0.09)),
    circulatingSupply: circulating,
    totalSupply: max ?? circulating,
    maxSupply: max,
    rank: index + 1,
    generated: false,
  };
}

function addGenerated(coins: Coin[], count: number, seed: number): Coin[] {
  const symbols = new Set([...coins.map((coin) => coin.symbol), ...EXTRA_SYMBOLS]);
  const slugs = new Set(coins.map((coin) => coin.slug));
  const lastCap = coins.at(-1)?.marketCapUsd ?? 1e9;
  const lastRank = Math.max(1, coins.length);
  const offset = hashNumber(seed, 1) % 5_000;
  const awkward = [...AWKWARD_NAMES];
  for (let index = 0; coins.length < count; index++) {
    const rank = coins.length + 1;
    const chosen = (index % 8 === 3 ? awkward.shift() : undefined) ?? plausibleName(index, offset);
    const twin = rank > TIDY_COUNT && index % 40 === 7 ? coins[rank - 37] : undefined;
    const symbol = twin?.symbol ?? unused(chosen.symbol, symbols);
    symbols.add(symbol);
    const slug = slugs.has(chosen.slug) ? `${chosen.slug}-${rank}` : chosen.slug;
    slugs.add(slug);
    coins.push(generate(slug, symbol, chosen.name, rank, lastCap * (lastRank / rank) ** 1.8, seed));
  }
  return coins;
}

function unused(symbol: string, taken: ReadonlySet<string>): string {
  if (!taken.has(symbol)) return symbol;
  for (let number = 2; ; number++) {
    if (!taken.has(`${symbol}${number}`)) return `${symbol}${number}`;
  }
}

function generate(id: string, symbol: string, name: string, rank: number, cap: number, seed: number): Coin {
  const dice = new Dice(seed, id);
  const priceUsd = Number((10 ** dice.between('price', -6, 2.5)).toPrecision(5));
  const marketCapUsd = Math.round(cap * dice.between('cap', 0.97, 1));
  const circulatingSupply = Math.max(1, Math.round(marketCapUsd / priceUsd));
  const maxSupply = dice.chance('max', 0.6)
    ? Math.round(circulatingSupply * dice.between('max-by', 1, 3))
    : null;
  return {
    id,
    slug: id,
    symbol,
    name,
    logoUrl: `https://assets.com2000.example/logos/${id}.png`,
    priceUsd,
    changePercent24h: null,
    marketCapUsd,
    volume24hUsd: Math.round(marketCapUsd * dice.between('volume', 0.001, 0.2)),
    circulatingSupply,
    totalSupply: dice.chance('total', 0.85) ? (maxSupply ?? circulatingSupply) : null,
    maxSupply,
    rank,
    generated: true,
  };
}
