import type { Product } from '../../src/metrics/prices.ts';

const PLAIN_FROM = 0.1;
/** An hour of an operation costs less than a cent. */
const SMALL = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, maximumFractionDigits: 20 });

export const dollars = (amount: number): string =>
  amount < PLAIN_FROM ? `$${SMALL.format(amount)}` : `$${amount.toFixed(2)}`;

export const PRODUCT_NAMES: Record<Product, string> = {
  workers: 'Workers',
  kv: 'KV',
  d1: 'D1',
  durableObjects: 'objects',
  r2: 'R2',
  analytics: 'analytics',
  images: 'images',
  email: 'e-mail',
};
