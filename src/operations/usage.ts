/**
 * Counts uses and refusals in the isolate, and writes them in batches, with the counts of `metrics/` in the same row.
 *
 * A request writes at most one D1 row a minute. An isolate that ends loses the counts since its last row: of a minute, or
 * of more if no request came. Where D1 has written a row and its answer is lost, the counts are written twice: that is
 * rare, and accepted. Clients choose their names, so names are shortened and bounded in number; beyond the bound, a use
 * counts for its operation and a refusal for its reason only.
 */

import { hourOf, settledCell } from '../metrics/request-cells.ts';
import type { RequestRecorder, SentHit } from '../metrics/request-recorder.ts';
import { errorFields, log } from '../observability/log.ts';
import { type MemoryUse, ownCopy } from '../storage/bounded-memory.ts';
import { appendCounts, type UsageCount } from '../storage/d1/operation-usage.ts';
import { RefusalCounts } from './refusal-counts.ts';
import type {
  ClientIdentity,
  HeldCounts,
  HitCounts,
  HitOperation,
  OperationUsage,
  Refusal,
} from './registered-operation.ts';

export const USAGE_FLUSH_SECONDS = 60;
/** Distinct counts in one flush. */
export const USAGE_KEYS_MAX = 500;
/** Operations × transports × clients whose hits are counted the quickest way. */
const HELD_HITS_MAX = 300;
const NAME_MAX_CHARACTERS = 64;
const DOCUMENT_ID_MAX_CHARACTERS = 128;
const DAY_SECONDS = 86_400;
/** A row and its key, with names as long as they may be. */
const COUNT_BYTES = 800;
/** A point and its texts are those of others, but for their places. */
const HELD_HIT_BYTES = 700;

const shortened = (text: string | null, length = NAME_MAX_CHARACTERS) => (text ?? '').slice(0, length);

class Tally<Row extends { count: number; lastSeen: number; firstSeen?: number }> {
  readonly rows = new Map<string, Row>();

  /** @returns the row that counts it. */
  add(key: string, row: Row): Row {
    const held = this.rows.get(key);
    if (held === undefined) {
      this.rows.set(key, row);
      return row;
    }
    held.count += row.count;
    held.lastSeen = Math.max(held.lastSeen, row.lastSeen);
    if (held.firstSeen !== undefined)
      held.firstSeen = Math.min(held.firstSeen, row.firstSeen ?? held.firstSeen);
    return held;
  }
}

/** Keys are unambiguous: none of the parts contains a line break. */
const keyOf = (...parts: readonly (string | number)[]) => parts.join('\n');

export interface UsageSources {
  db: D1Database;
  nowMs(): number;
  requests: RequestRecorder;
  workerVersion: string;
  memoryUse(): Pick<MemoryUse, 'bytes' | 'maxBytes'>;
}

export class UsageCounts implements OperationUsage {
  readonly #sources: UsageSources;
  /** The cells of hits since the last row: a hit needs no look-up. */
  readonly #heldHits = new Map<string, HeldCounts>();
  #usage = new Tally<UsageCount>();
  readonly #refusals = new RefusalCounts();
  #flushedAtMs = Number.NEGATIVE_INFINITY;

  constructor(sources: UsageSources) {
    this.#sources = sources;
  }

  get size(): number {
    return this.#usage.rows.size + this.#refusals.size;
  }

  /** Bytes, by the number of counts. */
  get weight(): number {
    return this.size * COUNT_BYTES + this.#heldHits.size * HELD_HIT_BYTES;
  }

  used(operationId: string, client: ClientIdentity, nowMs = this.#sources.nowMs()): void {
    const seconds = Math.floor(nowMs / 1000);
    const row = this.#useOf(operationId, client, seconds);
    row.count += 1;
    row.lastSeen = seconds;
  }

  hit(operation: HitOperation, client: ClientIdentity, sent: SentHit, country: string, nowMs: number): void {
    const seconds = Math.floor(nowMs / 1000);
    let { held } = operation;
    if (held === undefined || !this.#holds(held, client, seconds)) {
      held = this.#heldCounts(operation, client, seconds);
      operation.held = held;
    }
    const { use, hits } = held.counts ?? this.#countsOf(operation, client, seconds);
    use.count += 1;
    use.lastSeen = seconds;
    this.#sources.requests.hit(hits, sent, country, nowMs);
  }

  refused({ reason, documentId, client }: Refusal): void {
    const seconds = Math.floor(this.#sources.nowMs() / 1000);
    this.#refusals.add({
      reason: shortened(reason),
      documentId: ownCopy(shortened(documentId, DOCUMENT_ID_MAX_CHARACTERS)),
      client: ownCopy(shortened(client.name)),
      version: ownCopy(shortened(client.version)),
      day: Math.floor(seconds / DAY_SECONDS),
      count: 1,
      lastSeen: seconds,
    });
  }

  get #isEmpty(): boolean {
    return this.size === 0 && this.#sources.requests.isEmpty;
  }

  /** True if there are counts and the last flush is a minute old. */
  isDue(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#flushedAtMs;
    if (elapsedMs >= 0 && elapsedMs < USAGE_FLUSH_SECONDS * 1000) return false;
    return !this.#isEmpty;
  }

  /** Never rejects: counts that could not be written are kept for the next flush. */
  async flushWhenDue(): Promise<void> {
    if (this.isDue(this.#sources.nowMs())) await this.flush();
  }

  /** Writes what this isolate has counted, due or not. Never rejects, as `flushWhenDue`. */
  async flush(): Promise<void> {
    if (this.#isEmpty) return;
    const { db, nowMs, requests, workerVersion, memoryUse } = this.#sources;
    const counts = { usage: [...this.#usage.rows.values()], refusals: this.#refusals.take() };
    this.#flushedAtMs = nowMs();
    const recorded = requests.take(this.#flushedAtMs);
    this.#usage = new Tally();
    // Requests that are recognised may keep what they held for long.
    for (const held of this.#heldHits.values()) held.counts = null;
    this.#heldHits.clear();
    const { cells, others, live, d1 } = recorded;
    const { bytes: memoryBytes, maxBytes: memoryMaxBytes } = memoryUse();
    const isolate = { d1, memoryBytes, memoryMaxBytes };
    const row = { ...counts, requests: cells.map(settledCell), others, isolate, live };
    try {
      await appendCounts(db, row, { at: Math.floor(this.#flushedAtMs / 1000), workerVersion });
    } catch (error) {
      log.error('operations.usage_not_written', errorFields(error));
      for (const row of counts.usage) this.#addUsage(row);
      for (const row of counts.refusals) this.#refusals.add(row);
      requests.giveBack(recorded);
    }
  }

  #holds({ counts, name, version }: HeldCounts, client: ClientIdentity, seconds: number): boolean {
    return (
      counts !== null &&
      name === client.name &&
      version === client.version &&
      counts.hits.cell.hour === hourOf(seconds)
    );
  }

  /** Shared by all requests that ask for the operation in this way. */
  #heldCounts(operation: HitOperation, client: ClientIdentity, seconds: number): HeldCounts {
    const { name, version } = client;
    const { transport, operationId } = operation;
    const key = keyOf(transport, operationId, name ?? '', version ?? '', hourOf(seconds));
    const known = this.#heldHits.get(key);
    if (known !== undefined) return known;
    const hasRoom = this.#heldHits.size < HELD_HITS_MAX;
    const held = { name, version, counts: hasRoom ? this.#countsOf(operation, client, seconds) : null };
    if (hasRoom) this.#heldHits.set(key, held);
    return held;
  }

  #countsOf(operation: HitOperation, client: ClientIdentity, seconds: number): HitCounts {
    const use = this.#useOf(operation.operationId, client, seconds);
    return { use, hits: this.#sources.requests.hitsOf(operation, client, seconds) };
  }

  /** The row that counts such uses, perhaps without their names. */
  #useOf(operationId: string, client: ClientIdentity, seconds: number): UsageCount {
    const day = Math.floor(seconds / DAY_SECONDS);
    const [name, version] = [shortened(client.name), shortened(client.version)];
    const named = this.#usage.rows.get(keyOf(operationId, name, version, day));
    if (named !== undefined) return named;
    const times = { count: 0, firstSeen: seconds, lastSeen: seconds };
    return this.#addUsage({ operationId, client: ownCopy(name), version: ownCopy(version), day, ...times });
  }

  /** @returns the row that counts it. */
  #addUsage(row: UsageCount): UsageCount {
    const key = keyOf(row.operationId, row.client, row.version, row.day);
    const named = this.#usage.rows.has(key) || this.#usage.rows.size < USAGE_KEYS_MAX;
    if (named) return this.#usage.add(key, row);
    return this.#usage.add(keyOf(row.operationId, '', '', row.day), { ...row, client: '', version: '' });
  }
}
