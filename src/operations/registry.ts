/**
 * Looks operations up in the bundled manifests, the isolate's memory, KV and D1. The liveness overlay overrides all of
 * them, but no release ends what the manifest of the build that runs has.
 *
 * An id that the overlay names always has its look-up. Any number of other ids costs a bounded number of reads and a
 * bounded memory: D1 within a budget. They cannot hide a new release, because the same reads bring the ids that were
 * published since the overlay was written. An isolate has one registry. It keeps values and no promises: Workers forbid
 * awaiting another request's promise.
 */
import { UNNAMED_ID_LOOKUPS_BURST, UNNAMED_ID_LOOKUPS_PER_SECOND } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { type BoundedMemory, type MemoryBudget, textBytes } from '../storage/bounded-memory.ts';
import type { CarriedRow } from '../storage/d1/operations.ts';
import {
  type ChangedIdsRow,
  changedIdsQuery,
  type RevisionRow,
  revisionQuery,
} from '../storage/d1/releases.ts';
import { OPERATION_LIVENESS_MEMORY_SECONDS, OPERATION_LOOKUP_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import { readLivenessOverlay, readOperationCopy, writeOperationCopy } from '../storage/kv/operations.ts';
import { RecentlyAbsent } from '../storage/recently-absent.ts';
import { TokenBucket } from '../storage/token-bucket.ts';
import { FORM_IDS, type IdKind, OPERATION_IDS } from './id-kinds.ts';
import { livenessOf, overlaySchema } from './liveness.ts';
import { LivenessView, OFF } from './liveness-view.ts';
import type { BundledRelease } from './manifest.ts';
import { NewerIds } from './newer-ids.ts';
import { isOperationId } from './operation-id.ts';
import {
  carriedId,
  type FindOptions,
  type FoundOperation,
  isFound,
  type Liveness,
  type OperationLookup,
  type OperationRegistry,
  operationCopySchema,
  type RegisteredOperation,
} from './registered-operation.ts';
import { isSettled, LIVE, stateBy, stateWhileBundled, steered } from './state-by-overlay.ts';

const LIVENESS_RETRY_SECONDS = 5;
/** The size of an operation's record without its document. */
const RECORD_BYTES = 2_000;

interface KeptOperation {
  operation: RegisteredOperation;
  /** From D1, for what the overlay does not contain yet; valid until `untilMs` (Unix). */
  fromD1: (Omit<FoundOperation, 'operation'> & { untilMs: number }) | null;
}

/** More than its whole time is left if the clock was set back since. */
function isValid(untilMs: number, nowMs: number): boolean {
  const leftMs = untilMs - nowMs;
  return leftMs > 0 && leftMs <= OPERATION_LOOKUP_MEMORY_SECONDS * 1000;
}

export interface RegistrySources {
  db: D1Database;
  kv: KVNamespace;
  bundled: BundledRelease;
  /** Bundled too, but an operator may deprecate and retire it. */
  rest: BundledRelease;
  memory: MemoryBudget;
  nowMs: () => number;
}

function bundledByKey({ operations, forms }: BundledRelease): Map<string, RegisteredOperation> {
  const byKey = new Map(operations.map((operation) => [operation.id, operation]));
  for (const { id, operationId, registered } of forms) {
    const operation = registered ?? byKey.get(operationId);
    if (operation !== undefined) byKey.set(FORM_IDS.memoryKey(id), operation);
  }
  return byKey;
}

function available(looked: OperationLookup): FoundOperation | null {
  if (looked !== null && !isFound(looked)) throw new Error('The operation cannot be looked up now.');
  return looked;
}

const memoryKeysOf = ({ id, document_id, form_ids }: ChangedIdsRow): string[] => [
  id,
  document_id,
  ...(JSON.parse(form_ids) as string[]).map(FORM_IDS.memoryKey),
];

export class TieredRegistry implements OperationRegistry {
  readonly #sources: RegistrySources;
  readonly #bundled: ReadonlyMap<string, RegisteredOperation>;
  readonly #rest: ReadonlyMap<string, RegisteredOperation>;
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
    this.#bundled = bundledByKey(sources.bundled);
    this.#rest = bundledByKey(sources.rest);
  }

  get size(): { operations: number; unknownIds: number } {
    return { operations: this.#memory.size, unknownIds: this.#unknown.size };
  }

  known(id: string, nowMs: number): Liveness | undefined {
    if (!this.#isRecent(nowMs)) return undefined;
    const found = this.#inIsolate(OPERATION_IDS, id, this.#view, nowMs);
    if (found !== null) return found.liveness;
    // A form of the operation may be in memory without the operation's own record.
    return this.#view.names(id) ? this.#view.of(id) : undefined;
  }

  /** True if a release bears the name, and the version if one is given, as far as this isolate has read. */
  readonly isReleased = (client: string, version?: string): boolean =>
    this.#view.isReleased(client, version) ||
    [this.#sources.bundled, this.#sources.rest].some(
      (release) => release.client === client && (version === undefined || release.version === version),
    );

  find(id: string, options?: FindOptions): Promise<OperationLookup> {
    return this.#lookUp(OPERATION_IDS, id, options);
  }

  findForm(formId: string): Promise<OperationLookup> {
    return this.#lookUp(FORM_IDS, formId);
  }

  async #lookUp(kind: IdKind, id: string, options: FindOptions = {}): Promise<OperationLookup> {
    if (!isOperationId(id)) return null;
    const nowMs = this.#sources.nowMs();
    const view = await this.#liveness(nowMs);
    const inIsolate = this.#inIsolate(kind, id, view, nowMs);
    if (inIsolate !== null) return inIsolate;
    const key = kind.memoryKey(id);
    if (this.#unknown.has(this.#absence(key), nowMs)) return null;
    try {
      if (kind.isNamed(id, view)) return await this.#named(kind, id, view, nowMs);
      if (this.#newer.has(key)) {
        return this.#fromRow(key, await kind.carried(this.#sources.db, id).first(), nowMs);
      }
      return options.namedOnly ? null : await this.#unnamed(kind, id, nowMs);
    } catch (error) {
      log.error('operations.lookup_failed', errorFields(error));
      return 'failed';
    }
  }

  /**
   * Looks up an operation that is already running, for example as a subscription.
   *
   * @throws if it cannot be looked up now: null would end the running operation.
   */
  async findAgain(id: string, options?: FindOptions): Promise<FoundOperation | null> {
    return available(await this.find(id, options));
  }

  /** Operations that are off or have a time limit, at most a minute after KV has shown it. */
  async steering(): Promise<Pick<LivenessView, 'off' | 'timeLimitMs'>> {
    return this.#liveness(this.#sources.nowMs());
  }

  /** As `findAgain`, by the id of a form. */
  async findFormAgain(formId: string): Promise<FoundOperation | null> {
    return available(await this.findForm(formId));
  }

  /** An id that is absent before a change of releases may be in a release after it. */
  #absence(key: string): string {
    return `${Math.max(this.#view.revision, this.#newer.revision)} ${key}`;
  }

  #inIsolate(kind: IdKind, id: string, view: LivenessView, nowMs: number): FoundOperation | null {
    const key = kind.memoryKey(id);
    const bundled = this.#bundled.get(key);
    if (bundled !== undefined) return steered(view, bundled, stateWhileBundled(view, bundled));
    const rest = this.#rest.get(key);
    if (rest !== undefined) return steered(view, rest, stateBy(view, rest) ?? LIVE);
    const kept = this.#memory.get(key);
    if (kept === undefined) return null;
    const { operation, fromD1 } = kept;
    const asked = fromD1 !== null && isValid(fromD1.untilMs, nowMs) ? fromD1 : undefined;
    const liveness = stateBy(view, operation);
    if (liveness !== undefined) {
      const isKnown = asked !== undefined || isSettled(id, operation, liveness);
      return isKnown ? steered(view, operation, liveness) : null;
    }
    if (asked !== undefined) return { operation, liveness: asked.liveness, timeLimitMs: asked.timeLimitMs };
    this.#memory.delete(key);
    return null;
  }

  /** In KV; in D1 if KV has no copy, which it then gets, or if KV fails. */
  async #named(kind: IdKind, id: string, view: LivenessView, nowMs: number): Promise<FoundOperation | null> {
    const { db, kv } = this.#sources;
    const key = kind.memoryKey(id);
    const copyKey = kind.copyKey(id);
    let isKvDown = false;
    let copy: RegisteredOperation | null = null;
    try {
      copy = await readOperationCopy(kv, copyKey, operationCopySchema);
      const liveness = copy === null ? undefined : stateBy(view, copy);
      if (copy !== null && liveness !== undefined && isSettled(id, copy, liveness)) {
        this.#keep(key, { operation: copy, fromD1: null });
        return steered(view, copy, liveness);
      }
    } catch (error) {
      isKvDown = true;
      log.error('operations.kv_failed', errorFields(error));
    }
    const row = await kind.carried(db, id).first<CarriedRow>();
    const found = this.#fromRow(key, row, nowMs);
    const isAnother = found !== null && (copy === null || carriedId(copy) !== carriedId(found.operation));
    if (row !== null && isAnother && !isKvDown) await writeOperationCopy(kv, copyKey, row.registered);
    return found;
  }

  async #unnamed(kind: IdKind, id: string, nowMs: number): Promise<OperationLookup> {
    if (!this.#unnamedLookups.spend(nowMs)) return 'unavailable';
    const found = this.#fromRow(kind.memoryKey(id), await this.#askD1(kind, id, nowMs), nowMs);
    // Registered operations spend nothing: a new release may be asked for all of its operations at once.
    if (found !== null) this.#unnamedLookups.giveBack();
    return found;
  }

  /** Brings the ids that are newer than the overlay too, once a second. */
  async #askD1(kind: IdKind, id: string, nowMs: number): Promise<CarriedRow | null> {
    const { db, bundled } = this.#sources;
    if (!this.#newer.claimRead(nowMs)) return kind.carried(db, id).first<CarriedRow>();
    const [carried, changed, revisions] = await db.batch([
      kind.carried(db, id),
      changedIdsQuery(db, Math.max(this.#view.revision, this.#newer.revision)),
      revisionQuery(db, bundled.client),
    ]);
    const rows = (changed?.results ?? []) as ChangedIdsRow[];
    const [{ revision } = { revision: 0 }] = (revisions?.results ?? []) as RevisionRow[];
    this.#newer.add({ keys: rows.flatMap(memoryKeysOf), revision });
    return ((carried?.results ?? []) as CarriedRow[])[0] ?? null;
  }

  #fromRow(key: string, row: CarriedRow | null, nowMs: number): FoundOperation | null {
    if (row === null) {
      this.#unknown.note(this.#absence(key), nowMs);
      return null;
    }
    const operation = JSON.parse(row.registered) as RegisteredOperation;
    const byReleases = livenessOf(row);
    const liveness = row.off_since === null || byReleases.state === 'retired' ? byReleases : OFF;
    const timeLimitMs = row.time_limit_ms;
    const untilMs = nowMs + OPERATION_LOOKUP_MEMORY_SECONDS * 1000;
    this.#keep(key, { operation, fromD1: { liveness, timeLimitMs, untilMs } });
    return { operation, liveness, timeLimitMs };
  }

  #keep(key: string, kept: KeptOperation): void {
    this.#memory.set(key, kept, textBytes(kept.operation.document) + RECORD_BYTES);
  }

  #isRecent(nowMs: number): boolean {
    const ageMs = nowMs - this.#viewReadAtMs;
    return ageMs >= 0 && ageMs < OPERATION_LIVENESS_MEMORY_SECONDS * 1000;
  }

  /** While one request reads the overlay, and while KV fails, the last one stays in use. */
  async #liveness(nowMs: number): Promise<LivenessView> {
    if (this.#isRecent(nowMs)) return this.#view;
    const retriesSoon = nowMs - (OPERATION_LIVENESS_MEMORY_SECONDS - LIVENESS_RETRY_SECONDS) * 1000;
    if (this.#viewReadAtMs > Number.NEGATIVE_INFINITY) this.#viewReadAtMs = retriesSoon;
    try {
      const overlay = await readLivenessOverlay(this.#sources.kv, overlaySchema);
      if (overlay !== null && this.#view.isReplacedBy(overlay)) {
        this.#view = new LivenessView(overlay, this.#view);
        this.#newer.overlayRead(this.#view.revision);
      }
      this.#viewReadAtMs = nowMs;
    } catch (error) {
      // Retries soon, but not for every request during an outage.
      this.#viewReadAtMs = retriesSoon;
      log.error('operations.liveness_unreadable', errorFields(error));
    }
    return this.#view;
  }
}
