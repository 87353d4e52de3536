/**
 * Looks operations up in the bundled manifest, the isolate's memory, KV, and D1 within a budget. The liveness overlay
 * overrides all of them but the manifest of the build that runs.
 *
 * Any number of unknown ids costs a bounded number of reads and a bounded memory: KV is read only for ids in the overlay,
 * D1 a few times in ten seconds. An isolate has one registry. It keeps values and no promises: Workers forbid awaiting
 * another request's promise.
 */
import * as z from 'zod';
import { errorFields, log } from '../observability/log.ts';
import { type BoundedMemory, type MemoryBudget, textBytes } from '../storage/bounded-memory.ts';
import { carriedOperation } from '../storage/d1/operations.ts';
import { OPERATION_LIVENESS_MEMORY_SECONDS, OPERATION_LOOKUP_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import { readLivenessOverlay, readOperationCopy, writeOperationCopy } from '../storage/kv/operations.ts';
import { RateBudget } from '../storage/rate-budget.ts';
import { RecentlyAbsent } from '../storage/recently-absent.ts';
import { type LivenessOverlay, livenessOf, overlaySchema } from './liveness.ts';
import type { BundledRelease } from './manifest.ts';
import { isOperationId, tagOf } from './operation-id.ts';
import type {
  FoundOperation,
  Liveness,
  OperationRegistry,
  RegisteredOperation,
} from './registered-operation.ts';

export const D1_BUDGET = { times: 10, seconds: 10 } as const;
/** For ids that are in the overlay but not in KV. */
export const KV_BUDGET = { times: 100, seconds: 10 } as const;
const LIVENESS_RETRY_SECONDS = 5;
/** The size of an operation's record without its document. */
const RECORD_BYTES = 2_000;

interface KeptOperation {
  operation: RegisteredOperation;
  /** The state from D1 if the overlay does not contain the operation yet; valid until `untilMs` (Unix). */
  fromD1: { liveness: Liveness; untilMs: number } | null;
}

/** Registration has validated it. */
const copySchema = z.custom<RegisteredOperation>(
  (value) => typeof value === 'object' && value !== null && 'id' in value && 'document' in value,
);

export interface RegistrySources {
  db: D1Database;
  kv: KVNamespace;
  bundled: BundledRelease;
  memory: MemoryBudget;
  nowMs: () => number;
}

const LIVE: Liveness = { state: 'live' };

class LivenessView {
  readonly #carried: ReadonlySet<string>;
  readonly #retired: ReadonlySet<string>;
  readonly #deprecated: ReadonlyMap<string, readonly [number, number]>;

  constructor(overlay: LivenessOverlay | null) {
    this.#carried = new Set(overlay?.carried);
    this.#retired = new Set(overlay?.retired);
    this.#deprecated = new Map(Object.entries(overlay?.deprecated ?? {}));
  }

  /** False if no release carried the id when the overlay was written. True may be a collision of tags. */
  mayCarry(id: string): boolean {
    return this.#carried.has(tagOf(id));
  }

  /** The state of an operation that a release carries. */
  of(operationId: string): Liveness {
    const dates = this.#deprecated.get(operationId);
    if (dates !== undefined) return { state: 'deprecated', deprecatedAt: dates[0], sunset: dates[1] };
    return this.#retired.has(operationId) ? { state: 'retired' } : LIVE;
  }
}

const livenessViewSchema = overlaySchema.transform((overlay) => new LivenessView(overlay));

export class TieredRegistry implements OperationRegistry {
  readonly #sources: RegistrySources;
  readonly #bundled: ReadonlyMap<string, RegisteredOperation>;
  readonly #memory: BoundedMemory<KeptOperation>;
  readonly #unknown: RecentlyAbsent;
  readonly #d1Budget = new RateBudget(D1_BUDGET);
  readonly #kvBudget = new RateBudget(KV_BUDGET);
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

  /** @throws if D1 fails and no other tier has the operation. */
  async find(id: string): Promise<FoundOperation | null> {
    return (await this.#lookUp(id)) ?? null;
  }

  /**
   * Looks up an operation that is already running, for example as a subscription.
   *
   * @throws also if the budget does not allow the look-up: null would end the running operation.
   */
  async findAgain(id: string): Promise<FoundOperation | null> {
    const found = await this.#lookUp(id);
    if (found === undefined) throw new Error('Too many operations are being looked up.');
    return found;
  }

  /** Undefined if the budget does not allow the look-up. */
  async #lookUp(id: string): Promise<FoundOperation | null | undefined> {
    if (!isOperationId(id)) return null;
    const nowMs = this.#sources.nowMs();
    const view = await this.#liveness(nowMs);
    return (
      this.#inIsolate(id, view, nowMs) ??
      (this.#unknown.has(id, nowMs)
        ? null
        : ((await this.#inKv(id, view, nowMs)) ?? (await this.#inD1(id, nowMs))))
    );
  }

  #inIsolate(id: string, view: LivenessView, nowMs: number): FoundOperation | null {
    const bundled = this.#bundled.get(id);
    // The build that runs is published, so no overlay can end what it carries.
    if (bundled !== undefined) return { operation: bundled, liveness: LIVE };
    const kept = this.#memory.get(id);
    if (kept === undefined) return null;
    const { operation, fromD1 } = kept;
    if (view.mayCarry(id)) return { operation, liveness: view.of(operation.id) };
    if (fromD1 !== null && fromD1.untilMs > nowMs) return { operation, liveness: fromD1.liveness };
    this.#memory.delete(id);
    return null;
  }

  async #inKv(id: string, view: LivenessView, nowMs: number): Promise<FoundOperation | null> {
    if (!view.mayCarry(id) || !this.#kvBudget.spend(nowMs)) return null;
    try {
      const operation = await readOperationCopy(this.#sources.kv, id, copySchema);
      if (operation === null) return null;
      this.#kvBudget.giveBack();
      this.#keep(id, { operation, fromD1: null });
      return { operation, liveness: view.of(operation.id) };
    } catch (error) {
      log.error('operations.kv_failed', errorFields(error));
      return null;
    }
  }

  async #inD1(id: string, nowMs: number): Promise<FoundOperation | null | undefined> {
    // The id may exist, so it is not remembered as unknown.
    if (!this.#d1Budget.spend(nowMs)) return undefined;
    const row = await carriedOperation(this.#sources.db, id);
    if (row === null) {
      this.#unknown.note(id, nowMs);
      return null;
    }
    const operation = JSON.parse(row.registered) as RegisteredOperation;
    const liveness = livenessOf(row);
    const untilMs = nowMs + OPERATION_LOOKUP_MEMORY_SECONDS * 1000;
    this.#keep(id, { operation, fromD1: { liveness, untilMs } });
    await writeOperationCopy(this.#sources.kv, id, row.registered);
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
      const view = await readLivenessOverlay(this.#sources.kv, livenessViewSchema);
      this.#view = view ?? new LivenessView(null);
      this.#viewReadAtMs = nowMs;
    } catch (error) {
      // Retries soon, but not for every request during an outage.
      this.#viewReadAtMs = nowMs - (OPERATION_LIVENESS_MEMORY_SECONDS - LIVENESS_RETRY_SECONDS) * 1000;
      log.error('operations.liveness_unreadable', errorFields(error));
    }
    return this.#view;
  }
}
