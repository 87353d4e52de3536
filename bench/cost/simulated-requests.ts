/** The measured requests as the simulation asks them, with the lifetimes that a variant gives them. */
import { type CachePolicy, isStorable } from '../../src/cache/cache-policy.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import type { RegisteredOperation } from '../../src/operations/registered-operation.ts';
import type { SimulatedRequest } from './isolate.ts';
import type { MeasuredRequest } from './measure-gateway.ts';
import type { Totals } from './totals.ts';
import type { Variant } from './variants.ts';

export function simulatedRequests(
  requests: readonly MeasuredRequest[],
  variant: Variant,
  totals: Totals,
): SimulatedRequest[] {
  return requests.map((measured) => {
    const operation = bundledRelease.operations.find(({ id }) => id === measured.documentId);
    if (operation === undefined) throw new Error(`no operation ${measured.documentId}`);
    const policy = policyOf(operation, variant);
    const request: SimulatedRequest = {
      operation,
      key: isStorable(policy)
        ? {
            text: `${operation.id}\n${JSON.stringify(measured.variables)}`,
            policy,
            mayUseKv: variant.answersInKv,
          }
        : null,
      body: new Uint8Array(BODIES, 0, measured.bodyBytes),
      detailIds: measured.detailIds,
    };
    totals.know(request, measured);
    return request;
  });
}

/** One buffer under all bodies: they are weighed, and never read. */
const BODIES = new ArrayBuffer(4 * 1024 * 1024);

/**
 * What an operation takes from elsewhere than the price snapshot lives so long by the contract's table, in seconds:
 * fresh, and stale. Sparklines are hourly closes, so they live as candles do.
 */
const ROW_LIFETIMES: Readonly<Record<string, readonly [number, number]>> = {
  MarketList: [300, 300],
  ProjectPage: [15, 15],
  CandleChart: [3600, 3600],
  Search: [300, 300],
  PriceCompare: [300, 300],
  WatchlistPrices: [3600, 3600],
  PoolList: [15, 15],
  Trending: [60, 60],
};
/** The page without `status` and `progressPercent` of its pools, with and without prices in it. */
const PAGE_WITHOUT_SALES = { withPrices: [60, 60], rows: [600, 3600] } as const;

function policyOf({ name, cachePolicy }: RegisteredOperation, variant: Variant): CachePolicy {
  if (!isStorable(cachePolicy)) return cachePolicy;
  const { maxAgeSeconds, staleWhileRevalidateSeconds, tags } = cachePolicy;
  let lifetime: readonly [number, number] = [maxAgeSeconds, staleWhileRevalidateSeconds];
  if (variant.pricesPutInWhenServed) lifetime = ROW_LIFETIMES[name] ?? lifetime;
  if (variant.pageWithoutSales && name === 'ProjectPage') {
    lifetime = PAGE_WITHOUT_SALES[variant.pricesPutInWhenServed ? 'rows' : 'withPrices'];
  }
  return {
    ...cachePolicy,
    maxAgeSeconds: lifetime[0],
    staleWhileRevalidateSeconds: lifetime[1],
    tags: variant.pricesPutInWhenServed ? tags.filter((tag) => tag !== 'prices') : tags,
  };
}
