/** The liveness overlay for the registry: the ids that it names, and the states of their operations. */
import type { LivenessOverlay } from './liveness.ts';
import type { Liveness } from './registered-operation.ts';

const LIVE: Liveness = { state: 'live' };
export const OFF: Liveness = { state: 'off' };

export class LivenessView {
  /** The latest change of releases that the named ids include. */
  readonly revision: number;
  readonly #overlay: Pick<LivenessOverlay, 'revision' | 'asOf'>;
  readonly #ids: ReadonlySet<string>;
  readonly #listedFormIds: readonly string[];
  /** Made when a form is first asked for: some modes ask for none. */
  #formIds: ReadonlySet<string> | undefined;
  readonly #retired: ReadonlySet<string>;
  readonly #deprecated: ReadonlyMap<string, readonly [number, number]>;
  readonly #clients: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #off: ReadonlySet<string>;
  readonly #timeLimits: ReadonlyMap<string, number>;

  /** @param before the view that it replaces. Parts that an overlay of an older build lacks stay those of `before`. */
  constructor(overlay: LivenessOverlay | null, before?: LivenessView) {
    const isComplete = overlay?.ids !== undefined;
    this.#overlay = overlay ?? { revision: 0, asOf: 0 };
    this.revision = isComplete ? overlay.revision : (before?.revision ?? 0);
    this.#ids = isComplete ? new Set(overlay.ids) : (before?.ids ?? new Set());
    this.#listedFormIds = overlay?.formIds ?? [];
    this.#retired = new Set(overlay?.retired);
    this.#deprecated = new Map(Object.entries(overlay?.deprecated ?? {}));
    this.#clients = overlay?.clients
      ? new Map(overlay.clients.map(([client, versions]) => [client, new Set(versions)]))
      : (before?.clients ?? new Map());
    this.#off = overlay?.off ? new Set(overlay.off) : (before?.off ?? new Set());
    this.#timeLimits = overlay?.timeLimits
      ? new Map(Object.entries(overlay.timeLimits))
      : (before?.timeLimits ?? new Map());
  }

  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** Versions, by client. */
  get clients(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#clients;
  }

  /** The operations that are switched off. */
  get off(): ReadonlySet<string> {
    return this.#off;
  }

  get timeLimits(): ReadonlyMap<string, number> {
    return this.#timeLimits;
  }

  /** The longest execution of an operation; null without a limit. */
  timeLimitMs(operationId: string): number | null {
    return this.#timeLimits.get(operationId) ?? null;
  }

  /** True if some release carried the id when the overlay was written. */
  names(id: string): boolean {
    return this.#ids.has(id);
  }

  /** True if an operation of some release had the form when the overlay was written. */
  namesForm(formId: string): boolean {
    this.#formIds ??= new Set(this.#listedFormIds);
    return this.#formIds.has(formId) || this.#ids.has(formId);
  }

  /** The state of an operation that a release carries. */
  of(operationId: string): Liveness {
    if (this.#retired.has(operationId)) return { state: 'retired' };
    if (this.#off.has(operationId)) return OFF;
    const dates = this.#deprecated.get(operationId);
    if (dates !== undefined) return { state: 'deprecated', deprecatedAt: dates[0], sunset: dates[1] };
    return LIVE;
  }

  /** True if a release bore the name when the overlay was written, and the version if one is given. */
  isReleased(client: string, version?: string): boolean {
    const versions = this.#clients.get(client);
    return versions !== undefined && (version === undefined || versions.has(version));
  }

  /** False for an older overlay: KV may show a value after a newer one. */
  isReplacedBy({ revision, asOf }: LivenessOverlay): boolean {
    return revision >= this.#overlay.revision || asOf > this.#overlay.asOf;
  }
}
