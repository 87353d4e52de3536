/**
 * The registry: bundled manifest, isolate memory, KV, then D1 within a budget; the liveness overlay lies over all.
 *
 * Ids that nobody registered cost a bounded number of reads and a bounded memory, however many come: KV is asked
 * for none that the overlay does not name, D1 a few times in ten seconds. One registry lives as long as its
 * isolate, and keeps values alone: a promise made in one request must not be awaited in another.
 */
import * as z from 'zod';
import { errorFields, log } from '../observability/log.ts';
import { type BoundedMemory, type MemoryBudget, textBytes } from '../storage/bounded-memory.ts';
import { carriedOperation } from '../storage/d1/operations.ts';
import { OPERATION_LIVENESS_MEMORY_SECONDS, OPERATION_LOOKUP_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import { readLivenessOverlay, readOperationCopy, writeOperationCopy } from '../storage/kv/operations.ts';
import { RateBudget } from '../storage/rate-budget.ts';
import { RecentlyAbsent } from '../storage/recently-absent.ts';
import { LIVE, LivenessView, livenessOf, livenessViewSchema } from './liveness.ts';
import type { BundledRelease } from './manifest.ts';
import { isOperationId } from './operation-id.ts';
import type {
  FoundOperation,
  Liveness,
  OperationRegistry,
  RegisteredOperation,
} from './registered-operation.ts';

export const D1_BUDGET = { times: 10, seconds: 10 } as const;
/** For ids that the overlay names and KV does not hold. */
export const KV_BUDGET = { times: 100, seconds: 10 } as const;
const LIVENESS_RETRY_SECONDS = 5;
/** The size of an operation's record without its document. */
const RECORD_BYTES = 2_000;

interface KeptOperation {
  operation: RegisteredOperation;
  /** What D1 said, where KV's overlay did not name the operation yet; good until then, in Unix milliseconds. */
  told: { liveness: Liveness; untilMs: number } | null;
}

/** What was registered was checked then; here is only told what it is. */
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

  /** How much an isolate remembers. */
  get size(): { operations: number; unknownIds: number } {
    return { operations: this.#memory.size, unknownIds: this.#unknown.size };
  }

  known({ id }: RegisteredOperation, nowMs: number): Liveness | undefined {
    return this.#isRecent(nowMs) ? this.#inIsolate(id, this.#view, nowMs)?.liveness : undefined;
  }

  /** @throws where neither KV nor D1 can say whether the id is registered. */
  async find(id: string): Promise<FoundOperation | null> {
    return (await this.#lookUp(id)) ?? null;
  }

  /**
   * For who was told of the operation before.
   *
   * @throws also where the budget does not allow to ask: that is no reason to end what runs it.
   */
  async findAgain(id: string): Promise<FoundOperation | null> {
    const found = await this.#lookUp(id);
    if (found === undefined) throw new Error('Too many operations are looked up at once.');
    return found;
  }

  /** Undefined where the budget does not allow to ask. */
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
    if (bundled !== undefined) {
      const known = view.knowsGateway(this.#sources.bundled.version);
      return { operation: bundled, liveness: known ? view.of(id) : LIVE };
    }
    const kept = this.#memory.get(id);
    if (kept === undefined) return null;
    const { operation, told } = kept;
    if (view.mayCarry(id)) return { operation, liveness: view.of(operation.id) };
    if (told !== null && told.untilMs > nowMs) return { operation, liveness: told.liveness };
    this.#memory.delete(id);
    return null;
  }

  async #inKv(id: string, view: LivenessView, nowMs: number): Promise<FoundOperation | null> {
    if (!view.mayCarry(id) || !this.#kvBudget.spend(nowMs)) return null;
    try {
      const operation = await readOperationCopy(this.#sources.kv, id, copySchema);
      if (operation === null) return null;
      this.#kvBudget.giveBack();
      this.#keep(id, { operation, told: null });
      return { operation, liveness: view.of(operation.id) };
    } catch (error) {
      log.error('operations.kv_failed', errorFields(error));
      return null;
    }
  }

  async #inD1(id: string, nowMs: number): Promise<FoundOperation | null | undefined> {
    // It is not remembered as unknown.
    if (!this.#d1Budget.spend(nowMs)) return undefined;
    const row = await carriedOperation(this.#sources.db, id);
    if (row === null) {
      this.#unknown.note(id, nowMs);
      return null;
    }
    const operation = JSON.parse(row.registered) as RegisteredOperation;
    const liveness = livenessOf(row);
    const untilMs = nowMs + OPERATION_LOOKUP_MEMORY_SECONDS * 1000;
    this.#keep(id, { operation, told: { liveness, untilMs } });
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

  /** While KV fails, what was read last goes on. */
  async #liveness(nowMs: number): Promise<LivenessView> {
    if (this.#isRecent(nowMs)) return this.#view;
    try {
      const view = await readLivenessOverlay(this.#sources.kv, livenessViewSchema);
      this.#view = view ?? new LivenessView(null);
      this.#viewReadAtMs = nowMs;
    } catch (error) {
      // Soon again, but not for every request of an outage.
      this.#viewReadAtMs = nowMs - (OPERATION_LIVENESS_MEMORY_SECONDS - LIVENESS_RETRY_SECONDS) * 1000;
      log.error('operations.liveness_unreadable', errorFields(error));
    }
    return this.#view;
  }
}
