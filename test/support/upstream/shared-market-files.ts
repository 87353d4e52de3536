/** Real market data beside the project, where there is any. Read once a process; a fresh clone has none. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COINS_FILE = fileURLToPath(new URL('../../../../shared/data/coins-2024-02-18.json', import.meta.url));
const CANDLES_FILE = fileURLToPath(new URL('../../../../shared/data/btcusd-1d.csv', import.meta.url));

/** The coins were listed in the middle of this day, so its candle is not a finished one. */
const LISTED_DAY = Date.UTC(2024, 1, 18) / 1000;

export interface SharedCoin {
  id: string;
  symbol: string;
  name: string;
  image: string;
  current_price: number;
  market_cap: number;
  total_volume: number;
  price_change_percentage_24h: number;
  circulating_supply: number;
  total_supply: number;
  max_supply: number;
}

export interface DailyCandle {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

let coins: readonly SharedCoin[] | undefined;
let candles: readonly DailyCandle[] | undefined;

export function hasSharedMarket(): boolean {
  return existsSync(COINS_FILE) && existsSync(CANDLES_FILE);
}

export function readSharedCoins(): readonly SharedCoin[] {
  coins ??= (JSON.parse(readFileSync(COINS_FILE, 'utf8')) as { coins: SharedCoin[] }).coins;
  return coins;
}

/** Finished days only, oldest first. */
export function readSharedBitcoinCandles(): readonly DailyCandle[] {
  candles ??= readFileSync(CANDLES_FILE, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [time = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = line.split(',').map(Number);
      return { time, open, high, low, close, volume };
    })
    .filter((candle) => candle.time < LISTED_DAY);
  return candles;
}
