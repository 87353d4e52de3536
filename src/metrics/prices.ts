/**
 * Cloudflare's prices, as its documentation said on the day below, in US dollars a month.
 *
 * Read from the sources of the documentation (github.com/cloudflare/cloudflare-docs). A contract's prices and a free
 * plan's limits are not here. Cloudflare rounds some units up to the next million; nothing is rounded here.
 */
export const PRICES_READ_ON = '2026-11-26';

export const PRODUCTS = [
  'workers',
  'kv',
  'd1',
  'durableObjects',
  'r2',
  'analytics',
  'images',
  'email',
] as const;
export type Product = (typeof PRODUCTS)[number];

interface UnitPrice {
  product: Product;
  /** Included in the plan, in units a month. */
  included: number;
  /** For a million units beyond it; of storage, for a million bytes kept all month. */
  dollarsPerMillion: number;
  source: string;
}

const WORKERS = 'https://developers.cloudflare.com/workers/platform/pricing/';
const KV = 'https://developers.cloudflare.com/kv/platform/pricing/';
const D1 = 'https://developers.cloudflare.com/d1/platform/pricing/';
const OBJECTS = 'https://developers.cloudflare.com/durable-objects/platform/pricing/';
const R2 = 'https://developers.cloudflare.com/r2/pricing/';
/** "Currently, you will not be billed": the price was announced in advance. */
const ANALYTICS = 'https://developers.cloudflare.com/analytics/analytics-engine/pricing/';
const IMAGES = 'https://developers.cloudflare.com/images/pricing/';
const EMAIL = 'https://developers.cloudflare.com/email-service/platform/pricing/';
const GIGABYTE = 1e9;

/** Workers Paid. Answers of Workers' own cache are requests as well (https://developers.cloudflare.com/workers/cache/#billing). */
export const BASE_DOLLARS = 5;

export const UNIT_PRICES = {
  workerRequests: { product: 'workers', included: 10e6, dollarsPerMillion: 0.3, source: WORKERS },
  workerCpuMs: { product: 'workers', included: 30e6, dollarsPerMillion: 0.02, source: WORKERS },
  kvReads: { product: 'kv', included: 10e6, dollarsPerMillion: 0.5, source: KV },
  /** Deletes and lists have an included million of their own, at the same price. */
  kvWrites: { product: 'kv', included: 1e6, dollarsPerMillion: 5, source: KV },
  kvBytes: { product: 'kv', included: GIGABYTE, dollarsPerMillion: 0.5 / 1000, source: KV },
  d1RowsRead: { product: 'd1', included: 25e9, dollarsPerMillion: 0.001, source: D1 },
  d1RowsWritten: { product: 'd1', included: 50e6, dollarsPerMillion: 1, source: D1 },
  d1Bytes: { product: 'd1', included: 5 * GIGABYTE, dollarsPerMillion: 0.75 / 1000, source: D1 },
  /** Requests, remote calls, alarms, and each twentieth incoming WebSocket message. */
  objectRequests: { product: 'durableObjects', included: 1e6, dollarsPerMillion: 0.15, source: OBJECTS },
  /** An object is billed for 128 MB while it works. */
  objectGigabyteSeconds: {
    product: 'durableObjects',
    included: 400_000,
    dollarsPerMillion: 12.5,
    source: OBJECTS,
  },
  objectRowsRead: { product: 'durableObjects', included: 25e9, dollarsPerMillion: 0.001, source: OBJECTS },
  objectRowsWritten: { product: 'durableObjects', included: 50e6, dollarsPerMillion: 1, source: OBJECTS },
  objectBytes: {
    product: 'durableObjects',
    included: 5 * GIGABYTE,
    dollarsPerMillion: 0.2 / 1000,
    source: OBJECTS,
  },
  /** Class A operations. Deletes are free. */
  r2Writes: { product: 'r2', included: 1e6, dollarsPerMillion: 4.5, source: R2 },
  /** Class B operations. */
  r2Reads: { product: 'r2', included: 10e6, dollarsPerMillion: 0.36, source: R2 },
  r2Bytes: { product: 'r2', included: 10 * GIGABYTE, dollarsPerMillion: 0.015 / 1000, source: R2 },
  analyticsPoints: { product: 'analytics', included: 10e6, dollarsPerMillion: 0.25, source: ANALYTICS },
  analyticsQueries: { product: 'analytics', included: 1e6, dollarsPerMillion: 1, source: ANALYTICS },
  /** Distinct transformations of a picture in 30 days. */
  imageTransformations: { product: 'images', included: 5_000, dollarsPerMillion: 500, source: IMAGES },
  emails: { product: 'email', included: 3_000, dollarsPerMillion: 350, source: EMAIL },
} as const satisfies Record<string, UnitPrice>;

export type Unit = keyof typeof UNIT_PRICES;
export const UNITS = Object.keys(UNIT_PRICES) as Unit[];
/** Used units. Absent ones count as none. */
export type Use = Readonly<Partial<Record<Unit, number>>>;
/** Dollars by product, and their sum. */
export type Bill = Record<Product | 'total', number>;

/** The dollars of a month, beyond the included units. */
export function dollarsOf(unit: Unit, used: number): number {
  const { included, dollarsPerMillion } = UNIT_PRICES[unit];
  return (Math.max(0, used - included) / 1e6) * dollarsPerMillion;
}

/** The dollars of units that the plan no longer includes. */
const listDollarsOf = (unit: Unit, used: number): number =>
  (used / 1e6) * UNIT_PRICES[unit].dollarsPerMillion;

/** The bill of a month, whose included units are free; the plan's own price is in the Workers' part. */
export const billOf = (use: Use): Bill => sumByProduct(use, dollarsOf, BASE_DOLLARS);

/** The same units by their prices alone: nothing is included, and the plan's own price is left out. */
export const listPriceOf = (use: Use): Bill => sumByProduct(use, listDollarsOf, 0);

function sumByProduct(
  use: Use,
  dollars: (unit: Unit, used: number) => number,
  workersBaseDollars: number,
): Bill {
  const bill = Object.fromEntries([...PRODUCTS, 'total' as const].map((name) => [name, 0])) as Bill;
  bill.workers = workersBaseDollars;
  for (const unit of UNITS) bill[UNIT_PRICES[unit].product] += dollars(unit, use[unit] ?? 0);
  bill.total = PRODUCTS.reduce((sum, product) => sum + bill[product], 0);
  return bill;
}
