/** Prices as GraphQL gives them, and the same ones as `/api` must show them. */
import { newest, seconds } from './projects-by-rest.ts';

export const PRICE = `symbol currency price priceUsd volume24h marketCap circulatingSupply totalSupply rank updatedAt
  change1h: change(period: HOUR) change24h: change(period: DAY) change7d: change(period: WEEK) change30d: change(period: MONTH)
  changePercent1h: changePercent(period: HOUR) changePercent24h: changePercent(period: DAY)
  changePercent7d: changePercent(period: WEEK) changePercent30d: changePercent(period: MONTH)`;

export interface SelectedPrice extends Record<string, unknown> {
  symbol: string;
  currency: string;
  updatedAt: string;
}

const withLastUpdate = ({ updatedAt, ...fields }: { updatedAt: string }) => ({
  ...fields,
  lastUpdate: Date.parse(updatedAt),
});

export const asPrice = (price: SelectedPrice) => ({
  ...withLastUpdate(price),
  currency: price.currency.toLowerCase(),
});

export const WHOLE_PRICE = `${PRICE} exchanges { exchange price volume24h updatedAt }
  indicators { rsi macd { value signal histogram } movingAverages { ma7 ma25 ma50 ma200 } support resistance }
  history { time price }`;

export interface SelectedWholePrice extends SelectedPrice {
  exchanges: { updatedAt: string }[];
  indicators: { rsi: number };
  history: { time: string; price: number }[];
}

/** With its history. */
export const asWholePrice = ({ exchanges, indicators, history, ...price }: SelectedWholePrice) => ({
  ...asPrice(price),
  exchanges: exchanges.map(withLastUpdate),
  technicalIndicators: indicators,
  priceHistory: history.map(({ time, price: close }) => ({ time: seconds(time), price: close })),
});

export const COMPARE = `query ($symbols: [String!]!, $period: Period) { comparePrices(symbols: $symbols, period: $period) {
  entries { rank changePercent relativePerformance
    price { symbol price change(period: $period) marketCap volume24h updatedAt project { name } } }
  averageChangePercent totalMarketCap best { price { symbol } } worst { price { symbol } } } }`;

interface Entry {
  price: { symbol: string; price: number; updatedAt: string; project: { name: string } | null };
}

export interface SelectedComparison {
  entries: Entry[];
  averageChangePercent: number;
  totalMarketCap: number;
  best: Entry;
  worst: Entry;
}

export const asComparison = (compared: SelectedComparison, period: string, symbols: string[]) => ({
  period,
  symbols,
  comparison: compared.entries.map(({ price: { price, updatedAt: _, project, ...fields }, ...entry }) => ({
    ...entry,
    ...fields,
    currentPrice: price,
    name: project?.name ?? null,
  })),
  summary: {
    bestPerformer: compared.best.price.symbol,
    worstPerformer: compared.worst.price.symbol,
    averageChange: compared.averageChangePercent,
    totalMarketCap: compared.totalMarketCap,
  },
  lastUpdate: newest(compared.entries.map(({ price }) => price.updatedAt)),
});
