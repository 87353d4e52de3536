/**
 * Cache lifetimes by schema coordinate: the table of the wire contract.
 *
 * A field's own hint takes precedence over the hint of its return type. A field without either inherits from its
 * parent. A root field without a hint is not cached. The hint of a field of an input object, or of a value of an enum,
 * counts where an argument has it or may have it: it decides which items a list has, or their order.
 */
export interface CacheLifetime {
  maxAgeSeconds: number;
  /** Extra time in which a stale answer is served while a fresh one is being made. */
  staleWhileRevalidateSeconds: number;
  /** Extra time in which a stale answer is served while no fresh one can be made. */
  staleIfErrorSeconds: number;
}

export interface CacheHint {
  /** Null: never cached. */
  lifetime: CacheLifetime | null;
  scope?: 'private';
  /** The answer becomes stale when one of these changes. */
  tags?: readonly string[];
}

const lifetime = (
  maxAgeSeconds: number,
  staleWhileRevalidateSeconds: number,
  staleIfErrorSeconds: number,
): CacheLifetime => ({ maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds });

/** Data that decides about money has a short `staleIfErrorSeconds`: past it, an error is better than an old answer. */
const PRICE_LIFETIME = lifetime(60, 60, 300);
const LIST_LIFETIME = lifetime(300, 300, 3_600);
const SALE_LIFETIME = lifetime(15, 15, 60);
const DETAIL_LIFETIME = lifetime(600, 3_600, 86_400);
const HOURLY_LIFETIME = lifetime(3_600, 3_600, 86_400);

const PRIVATE: CacheHint = { lifetime: null, scope: 'private' };
const PRICES: CacheHint = { lifetime: PRICE_LIFETIME, tags: ['prices'] };
const PRICE_HISTORY: CacheHint = { lifetime: PRICE_LIFETIME, tags: ['candles', 'prices'] };
const CANDLES: CacheHint = { lifetime: HOURLY_LIFETIME, tags: ['candles'] };
const COMPARISON: CacheHint = { lifetime: LIST_LIFETIME, tags: ['prices'] };
const PROJECT_LIST: CacheHint = { lifetime: LIST_LIFETIME, tags: ['projects'] };
const PROJECT_DETAIL: CacheHint = { lifetime: DETAIL_LIFETIME, tags: ['projects'] };
const POOLS: CacheHint = { lifetime: LIST_LIFETIME, tags: ['pools'] };
/** A message that is reported, held back or deleted leaves caches within this time: nothing else makes them forget it. */
const ROOM: CacheHint = { lifetime: lifetime(2, 0, 0), tags: ['chat'] };
const SALE: CacheHint = { lifetime: SALE_LIFETIME, tags: ['pools'] };

export const CACHE_HINTS: Readonly<Record<string, CacheHint>> = {
  Price: PRICES,
  'Price.history': PRICE_HISTORY,
  'Price.indicators': PRICE_HISTORY,
  'Query.price': PRICES,
  'Query.prices': PRICES,
  'Query.trendingProjects': { lifetime: PRICE_LIFETIME, tags: ['projects'] },
  'Query.projects': PROJECT_LIST,
  'Query.searchProjects': PROJECT_LIST,
  'Query.comparePrices': COMPARISON,
  // It must be as old as the ranks beside it.
  'PriceComparisonEntry.price': COMPARISON,
  'Query.idoPools': POOLS,
  'Query.idoPool': POOLS,
  IdoPool: POOLS,
  'IdoPool.status': SALE,
  'IdoPool.soldTokens': SALE,
  'IdoPool.totalRaised': SALE,
  'IdoPool.progressPercent': SALE,
  'IdoPool.participantCount': SALE,
  'IdoPoolFilter.status': SALE,
  // A sync may give the slug to another project.
  'IdoPoolFilter.projectSlug': PROJECT_LIST,
  'IdoPoolOrderField.PROGRESS': SALE,
  'IdoPoolOrderField.TOTAL_RAISED': SALE,
  'IdoPool.viewerState': PRIVATE,
  'Query.project': PROJECT_DETAIL,
  Project: PROJECT_DETAIL,
  ProjectDetail: PROJECT_DETAIL,
  ProjectDocument: PROJECT_DETAIL,
  ProjectMedia: PROJECT_DETAIL,
  'Query.candles': CANDLES,
  'Project.candles': CANDLES,
  'Query.projectCategories': { lifetime: HOURLY_LIFETIME, tags: ['projects'] },
  'Query.chatRoom': ROOM,
  'ChatRoom.heldBack': PRIVATE,
  'ChatRoom.viewerMayPost': PRIVATE,
  'ChatRoom.viewerRefusal': PRIVATE,
  'Query.node': PRIVATE,
  'Query.nodes': PRIVATE,
  'Query.viewer': PRIVATE,
  User: PRIVATE,
  Investment: PRIVATE,
};

/** All tags of answers. An answer that may be kept has one at least. */
export const CACHE_TAGS: readonly string[] = [
  ...new Set(Object.values(CACHE_HINTS).flatMap(({ tags = [] }) => tags)),
].sort();
