/**
 * Counts uses and refusals in the isolate, and writes them in batches.
 *
 * A request writes at most one D1 row a minute. An isolate that ends loses the counts since its last row: of a minute, or
 * of more if no request came. Clients choose their names, so names are shortened and bounded in number; beyond the
 * bound, a use counts for its operation and a refusal for its reason only.
 */
import { errorFields, log } from '../observability/log.ts';
import { ownCopy } from '../storage/bounded-memory.ts';
import { appendCounts, type RefusalCount, type UsageCount } from '../storage/d1/operation-usage.ts';
import type { ClientIdentity, OperationUsage, Refusal } from './registered-operation.ts';

export const USAGE_FLUSH_SECONDS = 60;
/** Distinct counts in one flush. */
export const USAGE_KEYS_MAX = 500;
export const REFUSAL_KEYS_MAX = 100;
const NAME_MAX_CHARACTERS = 64;
const DOCUMENT_ID_MAX_CHARACTERS = 128;
const DAY_SECONDS = 86_400;
/** A row and its key, with names as long as they may be. */
const COUNT_BYTES = 800;

const shortened = (text: string | null, length = NAME_MAX_CHARACTERS) => (text ?? '').slice(0, length);

class Tally<Row extends { count: number; lastSeen: number; firstSeen?: number }> {
  readonly rows = new Map<string, Row>();

  add(key: string, row: Row): void {
    const held = this.rows.get(key);
    if (held === undefined) {
      this.rows.set(key, row);
      return;
    }
    held.count += row.count;
    held.lastSeen = Math.max(held.lastSeen, row.lastSeen);
    if (held.firstSeen !== undefined)
      held.firstSeen = Math.min(held.firstSeen, row.firstSeen ?? held.firstSeen);
  }
}

/** Keys are unambiguous: only the id of a refused document can contain a line break, and it is last. */
const keyOf = (...parts: readonly (string | number)[]) => parts.join('\n');

export class UsageCounts implements OperationUsage {
  readonly #db: D1Database;
  readonly #nowMs: () => number;
  #usage = new Tally<UsageCount>();
  #refusals = new Tally<RefusalCount>();
  #flushedAtMs = Number.NEGATIVE_INFINITY;

  constructor(sources: { db: D1Database; nowMs: () => number }) {
    this.#db = sources.db;
    this.#nowMs = sources.nowMs;
  }

  get size(): number {
    return this.#usage.rows.size + this.#refusals.rows.size;
  }

  /** Bytes, by the number of counts. */
  get weight(): number {
    return this.size * COUNT_BYTES;
  }

  used(operationId: string, client: ClientIdentity, nowMs = this.#nowMs()): void {
    const seconds = Math.floor(nowMs / 1000);
    const [name, version, day] = [
      shortened(client.name),
      shortened(client.version),
      Math.floor(seconds / DAY_SECONDS),
    ];
    const held = this.#usage.rows.get(keyOf(operationId, name, version, day));
    if (held === undefined) {
      const row = {
        operationId,
        client: ownCopy(name),
        version: ownCopy(version),
        day,
        count: 1,
        firstSeen: seconds,
        lastSeen: seconds,
      };
      this.#addUsage(row);
      return;
    }
    held.count += 1;
    held.lastSeen = seconds;
  }

  refused({ reason, documentId, client }: Refusal): void {
    const seconds = Math.floor(this.#nowMs() / 1000);
    this.#addRefusal({
      reason: shortened(reason),
      documentId: ownCopy(shortened(documentId, DOCUMENT_ID_MAX_CHARACTERS)),
      client: ownCopy(shortened(client.name)),
      version: ownCopy(shortened(client.version)),
      day: Math.floor(seconds / DAY_SECONDS),
      count: 1,
      lastSeen: seconds,
    });
  }

  /** True if there are counts and the last flush is a minute old. */
  isDue(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#flushedAtMs;
    if (elapsedMs >= 0 && elapsedMs < USAGE_FLUSH_SECONDS * 1000) return false;
    return this.size > 0;
  }

  /** Never rejects: counts that could not be written are kept for the next flush. */
  async flushWhenDue(): Promise<void> {
    if (this.isDue(this.#nowMs())) await this.flush();
  }

  /** Writes what this isolate has counted, due or not. Never rejects, as `flushWhenDue`. */
  async flush(): Promise<void> {
    if (this.size === 0) return;
    const counts = { usage: [...this.#usage.rows.values()], refusals: [...this.#refusals.rows.values()] };
    this.#flushedAtMs = this.#nowMs();
    this.#usage = new Tally();
    this.#refusals = new Tally();
    try {
      await appendCounts(this.#db, counts);
    } catch (error) {
      log.error('operations.usage_not_written', errorFields(error));
      for (const row of counts.usage) this.#addUsage(row);
      for (const row of counts.refusals) this.#addRefusal(row);
    }
  }

  #addUsage(row: UsageCount): void {
    const key = keyOf(row.operationId, row.client, row.version, row.day);
    const named = this.#usage.rows.has(key) || this.#usage.rows.size < USAGE_KEYS_MAX;
    if (named) this.#usage.add(key, row);
    else this.#usage.add(keyOf(row.operationId, '', '', row.day), { ...row, client: '', version: '' });
  }

  #addRefusal(row: RefusalCount): void {
    const key = keyOf(row.reason, row.client, row.version, row.day, row.documentId);
    const named = this.#refusals.rows.has(key) || this.#refusals.rows.size < REFUSAL_KEYS_MAX;
    if (named) this.#refusals.add(key, row);
    else {
      const nameless = { ...row, documentId: '', client: '', version: '' };
      this.#refusals.add(keyOf(row.reason, '', '', row.day, ''), nameless);
    }
  }
}
