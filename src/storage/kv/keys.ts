/**
 * Every key the gateway keeps in KV, and how long each lives.
 *
 * KV takes one write a second a key, refuses a lifetime under 60 s, and may answer up to 60 s late, "not
 * found" included (developers.cloudflare.com/kv/concepts/how-kv-works).
 */

// ── PRICES_KV ──

/** The one value that holds every synced symbol; written by the minute's sync alone. It never expires. */
export const PRICE_SNAPSHOT_KEY = 'prices';

/** A symbol outside the snapshot, fetched on demand. */
export const onDemandPriceKey = (symbol: string) => `price:${symbol}`;
export const ON_DEMAND_PRICE_TTL_SECONDS = 300;

// ── CACHE_KV ──

/** A registered operation, by the id that finds it. It never changes and never expires. */
export const operationKey = (id: string) => `operation:${id}`;

/** The one overlay that says which operations releases carry, and which are deprecated or retired. */
export const OPERATION_LIVENESS_KEY = 'operations:liveness';

/** An answer that may be shared, by the hash of what it answers; how long it lives is its policy's to say. */
export const answerKey = (hash: string) => `answer:${hash}`;

/** The generations of all cache tags in one value. It never expires. */
export const CACHE_GENERATIONS_KEY = 'cache:generations';

// ── Isolate memory ──

/** An isolate asks KV for the generations when they are so old, beside a request that does not wait for it… */
export const CACHE_GENERATIONS_RENEWAL_SECONDS = 10;
/** …and before a request is answered, when they are so old. */
export const CACHE_GENERATIONS_MEMORY_SECONDS = 15;

/** An isolate asks KV for the overlay so often that none is ever older than a minute. */
export const OPERATION_LIVENESS_MEMORY_SECONDS = 50;

/** How long an isolate remembers that no release carries an id, and what D1 said of one that KV does not show yet. */
export const OPERATION_LOOKUP_MEMORY_SECONDS = 60;

/** How long an isolate keeps the price snapshot before it asks KV again, where nothing tells whether there is a newer one. */
export const PRICE_SNAPSHOT_MEMORY_SECONDS = 15;

/** How long an isolate remembers that no source knows a symbol. */
export const UNKNOWN_PRICE_MEMORY_SECONDS = 60;
