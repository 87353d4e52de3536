import { GraphQLError } from 'graphql';
import type { PriceLoader } from '../loaders/prices.ts';
import { confirmedPurchases } from '../storage/d1/confirmed-purchases.ts';
import { type Portfolio, portfolioOf, symbolsToPrice } from './portfolio.ts';

/** A portfolio costs one D1 call, and one read of the prices. */
export const createPortfolios = (db: D1Database) => ({
  async ofUser(userId: string, prices: Pick<PriceLoader, 'bySymbol'>): Promise<Portfolio> {
    const purchases = await confirmedPurchases(db, userId);
    const symbols = symbolsToPrice(purchases);
    const records = await Promise.allSettled(symbols.map((symbol) => prices.bySymbol(symbol)));
    const known = new Map<string, number>();
    for (const [at, record] of records.entries()) {
      // A source that does not answer gives no live price: the portfolio lists the symbol.
      if (record.status === 'rejected' && !(record.reason instanceof GraphQLError)) throw record.reason;
      const price = record.status === 'fulfilled' ? record.value : null;
      if (price !== null) known.set(symbols[at] ?? '', price.priceUsd);
    }
    return portfolioOf(purchases, known);
  },
});
