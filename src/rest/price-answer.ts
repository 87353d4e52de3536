import type {
  RestComparePricesQuery,
  RestPriceFragment,
  RestPriceQuery,
} from '../../operations/generated/graphql.ts';
import type { ListedPrice, Price, PriceComparison } from './answers/price.ts';
import { lowerCase } from './lower-case.ts';
import { secondsOf } from './time.ts';

export const listedPrice = (price: RestPriceFragment): ListedPrice => ({
  symbol: price.symbol,
  currency: lowerCase(price.currency),
  price: price.price,
  priceUsd: price.priceUsd,
  change1h: price.change1h,
  change24h: price.change24h,
  change7d: price.change7d,
  change30d: price.change30d,
  changePercent1h: price.changePercent1h,
  changePercent24h: price.changePercent24h,
  changePercent7d: price.changePercent7d,
  changePercent30d: price.changePercent30d,
  volume24h: price.volume24h,
  marketCap: price.marketCap,
  circulatingSupply: price.circulatingSupply,
  totalSupply: price.totalSupply,
  rank: price.rank,
  lastUpdate: Date.parse(price.updatedAt),
});

/** With its history where that was selected. */
export function wholePrice(price: NonNullable<RestPriceQuery['price']>): Price {
  const { exchanges, indicators, history } = price;
  return {
    ...listedPrice(price),
    exchanges: exchanges.map(({ updatedAt, ...exchange }) => ({
      ...exchange,
      lastUpdate: Date.parse(updatedAt),
    })),
    technicalIndicators: indicators,
    ...(history === undefined ? {} : { priceHistory: points(history) }),
  };
}

const points = (history: readonly { time: string; price: number }[] | null) =>
  history?.map(({ time, price }) => ({ time: secondsOf(time), price })) ?? null;

type SelectedEntry = NonNullable<RestComparePricesQuery['comparePrices']>['entries'][number];

export const comparedPrice = (entry: SelectedEntry): PriceComparison['comparison'][number] => {
  const { price, changePercent, relativePerformance, rank } = entry;
  return {
    symbol: price.symbol,
    name: price.project?.name ?? null,
    currentPrice: price.price,
    change: price.change,
    changePercent,
    marketCap: price.marketCap,
    volume24h: price.volume24h,
    relativePerformance,
    rank,
  };
};
