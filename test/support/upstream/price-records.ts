/** The price API's records, as test/contracts/upstream.md names them. */
import type { Optional } from './records.ts';

export interface ExchangeRecord {
  exchange: string;
  price: number;
  volume24h?: Optional<number>;
  lastUpdate: number;
}

export interface IndicatorsRecord {
  rsi: number;
  macd: { value: number; signal: number; histogram: number };
  movingAverages: { ma7: number; ma25: number; ma50: number; ma200: number };
  support: number;
  resistance: number;
}

export interface PriceRecord {
  symbol: string;
  price: number;
  priceUsd: number;
  change1h?: Optional<number>;
  change24h?: Optional<number>;
  change7d?: Optional<number>;
  change30d?: Optional<number>;
  changePercent1h?: Optional<number>;
  changePercent24h?: Optional<number>;
  changePercent7d?: Optional<number>;
  changePercent30d?: Optional<number>;
  volume24h?: Optional<number>;
  marketCap?: Optional<number>;
  circulatingSupply?: Optional<number>;
  totalSupply?: Optional<number>;
  rank?: Optional<number>;
  lastUpdate: number;
  exchanges?: Optional<ExchangeRecord[]>;
  technicalIndicators?: Optional<IndicatorsRecord>;
}

export interface CandleRecord {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume?: Optional<number>;
}
