/**
 * Looks operations up in the bundled manifest, the isolate's memory, KV and D1. The liveness overlay overrides all of them
 * but the manifest of the build that runs.
 *
 * An id that the overlay names always has its look-up. Any number of other ids costs a bounded number of reads and a
 * bounded memory: D1 within a budget. They cannot hide a new release, because the same reads bring the ids that were
 * published since the overlay was written. An isolate has one registry. It keeps values and no promises: Workers forbid
 * awaiting another request's promise.
 */
import { UNNAMED_ID_LOOKUPS_BURST, UNNAMED_ID_LOOKUPS_PER_SECOND } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { type BoundedMemory, type MemoryBudget, textBytes } from '../storage/bounded-memory.ts';
import { type CarriedRow, carriedOperation } from '../storage/d1/operations.ts';
import {
  changedIdsQuery,
  type LivenessRow,
  type RevisionRow,
  revisionQuery,
} from '../storage/d1/releases.ts';
import { OPERATION_LIVENESS_MEMORY_SECONDS, OPERATION_LOOKUP_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import { readLivenessOverlay, readOperationCopy, writeOperationCopy } from '../storage/kv/operations.ts';
import { RecentlyAbsent } from '../storage/recently-absent.ts';
import { TokenBucket } from '../storage/token-bucket.ts';
import { livenessOf, overlaySchema } from './liveness.ts';
import { LivenessView } from './liveness-view.ts';
import type { BundledRelease } from './manifest.ts';
import { NewerIds } from './newer-ids.ts';
import { isOperationId } from './operation-id.ts';
import {
  type FoundOperation,
  type Liveness,
  type OperationLookup,
  type OperationRegistry,
  operationCopySchema,
  type RegisteredOperation,
} from './registered-operation.ts';

const LIVENESS_RETRY_SECONDS = 5;
/** The size of an operation's record without its document. */
const RECORD_BYTES = 2_000;

interface KeptOperation {
  operation: RegisteredOperation;
  /** The state from D1 if the overlay does not contain the operation yet; valid until `untilMs` (Unix). */
  fromD1: { liveness: Liveness; untilMs: number } | null;
}

export interface RegistrySources {
  db: D1Database;
  kv: KVNamespace;
  bundled: BundledRelease;
  memory: MemoryBudget;
  nowMs: () => number;
}

const LIVE: Liveness = { state: 'live' };

export class TieredRegistry implements OperationRegistry {
  readonly #sources: RegistrySources;
  readonly #bundled: ReadonlyMap<string, RegisteredOperation>;
  readonly #memory: BoundedMemory<KeptOperation>;
  readonly #unknown: RecentlyAbsent;
  readonly #unnamedLookups = new TokenBucket({
    burst: UNNAMED_ID_LOOKUPS_BURST,
    perSecond: UNNAMED_ID_LOOKUPS_PER_SECOND,
  });
  readonly #newer = new NewerIds();
  #view = new LivenessView(null);
  #viewReadAtMs = Number.NEGATIVE_INFINITY;

  constructor(sources: RegistrySources) {
    const { memory } = sources;
    this.#sources = sources;
    this.#memory = memory.open('operations');
    this.#unknown = new RecentlyAbsent(OPERATION_LOOKUP_MEMORY_SECONDS, memory.open('unknownOperationIds'));
    this.#bundled = new Map(sources.bundled.operations.map((operation) => [operation.id, operation]));
  }

  get size(): { operations: number; unknownIds: number } {
    return { operations: this.#memory.size, unknownIds: this.#unknown.size };
  }

  known(id: string, nowMs: number): Liveness | undefined {
    return this.#isRecent(nowMs) ? this.#inIsolate(id, this.#view, nowMs)?.liveness : undefined;
  }

  async find(id: string): Promise<OperationLookup> {
    if (!isOperationId(id)) return null;
    const nowMs = this.#sources.nowMs();
    const view = await this.#liveness(nowMs);
    const inIsolate = this.#inIsolate(id, view, nowMs);
    if (inIsolate !== null) return inIsolate;
    if (this.#unknown.has(this.#absence(id), nowMs)) return null;
    try {
      if (view.names(id)) return await this.#named(id, view, nowMs);
      if (this.#newer.has(id))
        return this.#fromRow(id, await carriedOperation(this.#sources.db, id).first(), nowMs);
      return await this.#unnamed(id, nowMs);
    } catch (error) {
      log.error('operations.lookup_failed', errorFields(error));
      return 'unavailable';
    }
  }

  /**
   * Looks up an operation that is already running, for example as a subscription.
   *
   * @throws if it cannot be looked up now: null would end the running operation.
   */
  async findAgain(id: string): Promise<FoundOperation | null> {
    const found = await this.find(id);
    if (found === 'unavailable') throw new Error('The operation cannot be looked up now.');
    return found;
  }

  /** An id that is absent before a change of releases may be in a release after it. */
  #absence(id: string): string {
    return `${Math.max(this.#view.revision, this.#newer.revision)} ${id}`;
  }

  #inIsolate(id: string, view: LivenessView, nowMs: number): FoundOperation | null {
    const bundled = this.#bundled.get(id);
    // The build that runs is published, so no overlay can end what it carries.
    if (bundled !== undefined) return { operation: bundled, liveness: LIVE };
    const kept = this.#memory.get(id);
    if (kept === undefined) return null;
    const { operation, fromD1 } = kept;
    if (view.names(id)) return { operation, liveness: view.of(operation.id) };
    if (fromD1 !== null && fromD1.untilMs > nowMs) return { operation, liveness: fromD1.liveness };
    this.#memory.delete(id);
    return null;
  }

  /** In KV; in D1 if KV has no copy, which it then gets, or if KV fails. */
  async #named(id: string, view: LivenessView, nowMs: number): Promise<FoundOperation | null> {
    let isKvDown = false;
    try {
      const operation = await readOperationCopy(this.#sources.kv, id, operationCopySchema);
      if (operation !== null) {
        this.#keep(id, { operation, fromD1: null });
        return { operation, liveness: view.of(operation.id) };
      }
    } catch (error) {
      isKvDown = true;
      log.error('operations.kv_failed', errorFields(error));
    }
    const row = await carriedOperation(this.#sources.db, id).first<CarriedRow>();
    if (row !== null && !isKvDown) await writeOperationCopy(this.#sources.kv, id, row.registered);
    return this.#fromRow(id, row, nowMs);
  }

  async #unnamed(id: string, nowMs: number): Promise<OperationLookup> {
    if (!this.#unnamedLookups.spend(nowMs)) return 'unavailable';
    const found = this.#fromRow(id, await this.#askD1(id, nowMs), nowMs);
    // Registered operations spend nothing: a new release may be asked for all of its operations at once.
    if (found !== null) this.#unnamedLookups.giveBack();
    return found;
  }

  /** Brings the ids that are newer than the overlay too, once a second. */
  async #askD1(id: string, nowMs: number): Promise<CarriedRow | null> {
    const { db, bundled } = this.#sources;
    if (!this.#newer.claimRead(nowMs)) return carriedOperation(db, id).first<CarriedRow>();
    const [carried, changed, revisions] = await db.batch([
      carriedOperation(db, id),
      changedIdsQuery(db, Math.max(this.#view.revision, this.#newer.revision)),
      revisionQuery(db, bundled.client),
    ]);
    const rows = (changed?.results ?? []) as Pick<LivenessRow, 'id' | 'document_id'>[];
    const [{ revision } = { revision: 0 }] = (revisions?.results ?? []) as RevisionRow[];
    this.#newer.add({ ids: rows.flatMap((row) => [row.id, row.document_id]), revision });
    return ((carried?.results ?? []) as CarriedRow[])[0] ?? null;
  }

  #fromRow(id: string, row: CarriedRow | null, nowMs: number): FoundOperation | null {
    if (row === null) {
      this.#unknown.note(this.#absence(id), nowMs);
      return null;
    }
    const operation = JSON.parse(row.registered) as RegisteredOperation;
    const liveness = livenessOf(row);
    const untilMs = nowMs + OPERATION_LOOKUP_MEMORY_SECONDS * 1000;
    this.#keep(id, { operation, fromD1: { liveness, untilMs } });
    return { operation, liveness };
  }

  #keep(id: string, kept: KeptOperation): void {
    this.#memory.set(id, kept, textBytes(kept.operation.document) + RECORD_BYTES);
  }

  #isRecent(nowMs: number): boolean {
    const ageMs = nowMs - this.#viewReadAtMs;
    return ageMs >= 0 && ageMs < OPERATION_LIVENESS_MEMORY_SECONDS * 1000;
  }

  /** While KV fails, the last overlay stays in use. */
  async #liveness(nowMs: number): Promise<LivenessView> {
    if (this.#isRecent(nowMs)) return this.#view;
    try {
      const overlay = await readLivenessOverlay(this.#sources.kv, overlaySchema);
      if (overlay !== null && this.#view.isReplacedBy(overlay)) {
        this.#view = new LivenessView(overlay, this.#view);
        this.#newer.overlayRead(this.#view.revision);
      }
      this.#viewReadAtMs = nowMs;
    } catch (error) {
      // Retries soon, but not for every request during an outage.
      this.#viewReadAtMs = nowMs - (OPERATION_LIVENESS_MEMORY_SECONDS - LIVENESS_RETRY_SECONDS) * 1000;
      log.error('operations.liveness_unreadable', errorFields(error));
    }
    return this.#view;
  }
}
