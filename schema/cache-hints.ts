/**
 * How long answers may be kept, by schema coordinate: the table of the wire contract.
 *
 * A field's own hint stands before the one of the type it returns; a field without either lives as long as what
 * it stands in. A root field that is not listed is not kept at all.
 */
export interface CacheHint {
  /** Null where it must not be kept. */
  maxAgeSeconds: number | null;
  scope?: 'private';
  /** What an answer depends on: it is stale once one of these has changed. */
  tags?: readonly string[];
}

const PRIVATE: CacheHint = { maxAgeSeconds: null, scope: 'private' };
const PRICES: CacheHint = { maxAgeSeconds: 60, tags: ['prices'] };
const COMPARISON: CacheHint = { maxAgeSeconds: 300, tags: ['prices'] };
const PROJECT_LIST: CacheHint = { maxAgeSeconds: 300, tags: ['projects'] };
const PROJECT_DETAIL: CacheHint = { maxAgeSeconds: 600, tags: ['projects'] };
const POOLS: CacheHint = { maxAgeSeconds: 300, tags: ['pools'] };
const SALE: CacheHint = { maxAgeSeconds: 15, tags: ['pools'] };

export const CACHE_HINTS: Readonly<Record<string, CacheHint>> = {
  Price: PRICES,
  'Query.price': PRICES,
  'Query.prices': PRICES,
  'Query.trendingProjects': { maxAgeSeconds: 60, tags: ['projects'] },
  'Query.projects': PROJECT_LIST,
  'Query.searchProjects': PROJECT_LIST,
  'Query.comparePrices': COMPARISON,
  // As of the moment of the comparison, like its ranks.
  'PriceComparisonEntry.price': COMPARISON,
  'Query.idoPools': POOLS,
  'Query.idoPool': POOLS,
  IdoPool: POOLS,
  'IdoPool.status': SALE,
  'IdoPool.soldTokens': SALE,
  'IdoPool.totalRaised': SALE,
  'IdoPool.progressPercent': SALE,
  'IdoPool.participantCount': SALE,
  'IdoPool.viewerState': PRIVATE,
  'Query.project': PROJECT_DETAIL,
  Project: { maxAgeSeconds: 600, tags: ['projects'] },
  ProjectDetail: PROJECT_DETAIL,
  'Query.candles': { maxAgeSeconds: 3600, tags: ['candles'] },
  'Query.projectCategories': { maxAgeSeconds: 3600, tags: ['projects'] },
  'Query.node': PRIVATE,
  'Query.nodes': PRIVATE,
  'Query.viewer': PRIVATE,
  User: PRIVATE,
  Investment: PRIVATE,
};
