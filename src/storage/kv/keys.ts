/**
 * Every key of the gateway in KV, with its lifetime, and the time that an isolate keeps a value in memory.
 *
 * KV accepts one write a second for a key and no lifetime under 60 s. An answer may be up to 60 s old, "not found"
 * included (developers.cloudflare.com/kv/concepts/how-kv-works).
 */

// ── SESSIONS_KV ──

/** A session and its user, as D1 had them. */
export const sessionKey = (id: string) => `session:${id}`;
export const SESSION_COPY_TTL_SECONDS = 60;

// ── PRICES_KV ──

/** One value with every synced symbol. Only the minute's sync writes it. It never expires. */
export const PRICE_SNAPSHOT_KEY = 'prices';

/** One value with the prices that isolates have fetched of symbols outside the snapshot. */
export const ON_DEMAND_PRICES_KEY = 'prices:on-demand';
export const ON_DEMAND_PRICE_TTL_SECONDS = 300;

// ── CACHE_KV ──

/** A registered operation. It never changes and never expires. */
export const operationKey = (id: string) => `operation:${id}`;

/** The record that runs for a form of an operation. Another operation with the same form may take its place. */
export const operationFormKey = (formId: string) => `operation-form:${formId}`;

/** One value with the state of every operation that some release carries. */
export const OPERATION_LIVENESS_KEY = 'operations:liveness';

/** A shared answer, by the hash of its request. Its cache policy gives the lifetime. */
export const answerKey = (hash: string) => `answer:${hash}`;

/** The generations of all cache tags in one value. It never expires. */
export const CACHE_GENERATIONS_KEY = 'cache:generations';

/** The failure of D1 that the minute's cron has seen, and who was told of it. It is renewed when that changes. */
export const D1_FAILURE_KEY = 'alerts:d1-failure';
export const D1_FAILURE_TTL_SECONDS = 30 * 86_400;

/** The end of the silence of the rule about D1 itself. It lives as long as the silence. */
export const D1_SILENCE_KEY = 'alerts:d1-silence';

// ── Isolate memory ──

/** At this age an isolate reads the generations again, while the request continues. */
export const CACHE_GENERATIONS_RENEWAL_SECONDS = 10;
/** At this age an isolate reads the generations again, and the request waits. */
export const CACHE_GENERATIONS_MEMORY_SECONDS = 15;

/** At this age an isolate reads the overlay again, so that it is never older than a minute. */
export const OPERATION_LIVENESS_MEMORY_SECONDS = 50;

/** An isolate remembers for this time that no release carries an id, or the row of D1 that KV does not show yet. */
export const OPERATION_LOOKUP_MEMORY_SECONDS = 60;

/** An isolate keeps the price snapshot for this time, unless it knows of a newer one. */
export const PRICE_SNAPSHOT_MEMORY_SECONDS = 15;

/** A copy of a session, in KV or in memory, is read again from D1 at this age. */
export const SESSION_COPY_MAX_AGE_SECONDS = 30;

/** An isolate remembers for this time that no source knows a symbol. */
export const UNKNOWN_PRICE_MEMORY_SECONDS = 60;
