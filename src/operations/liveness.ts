/**
 * The liveness overlay: one KV value with the state of every operation. It overrides all tiers of the registry, the
 * bundled manifest included.
 *
 * It lists all operations that a release carries, so that no other id costs a KV read. Only D1 knows operations that
 * were published after the overlay was written.
 */
import * as z from 'zod';
import type { LivenessRow } from '../storage/d1/releases.ts';
import { SHA256_ID } from './operation-id.ts';
import type { Liveness } from './registered-operation.ts';

const overlaySchema = z.object({
  /** The latest change of releases that it contains. */
  revision: z.number(),
  /** The time of writing, in Unix seconds. */
  asOf: z.number(),
  /** The builds whose bundled operations it includes. */
  gateways: z.array(z.string()),
  /** The tags of all ids under which an operation can be found. */
  carried: z.array(z.string()),
  /** [deprecatedAt, sunset] by operation id, in Unix seconds. */
  deprecated: z.record(z.string(), z.tuple([z.number(), z.number()])),
  retired: z.array(z.string()),
});
export type LivenessOverlay = z.infer<typeof overlaySchema>;

/** Short tags keep 10,000 operations under 200 KB. The registry's budget bounds the reads of ids that collide. */
const TAG_HEX_DIGITS = 16;
const tagOf = (id: string) => (SHA256_ID.test(id) ? id.slice(7, 7 + TAG_HEX_DIGITS) : id);

export const LIVE: Liveness = { state: 'live' };

export class LivenessView {
  readonly #carried: ReadonlySet<string>;
  readonly #retired: ReadonlySet<string>;
  readonly #deprecated: ReadonlyMap<string, readonly [number, number]>;
  readonly #gateways: ReadonlySet<string>;

  constructor(overlay: LivenessOverlay | null) {
    this.#carried = new Set(overlay?.carried);
    this.#retired = new Set(overlay?.retired);
    this.#deprecated = new Map(Object.entries(overlay?.deprecated ?? {}));
    this.#gateways = new Set(overlay?.gateways);
  }

  /** False if no release carried the id when the overlay was written. True may be a collision of tags. */
  mayCarry(id: string): boolean {
    return this.#carried.has(tagOf(id));
  }

  /** True if the overlay includes the bundled operations of the build. */
  knowsGateway(version: string): boolean {
    return this.#gateways.has(version);
  }

  /** The state of an operation that a release carries. */
  of(operationId: string): Liveness {
    const dates = this.#deprecated.get(operationId);
    if (dates !== undefined) return { state: 'deprecated', deprecatedAt: dates[0], sunset: dates[1] };
    return this.#retired.has(operationId) ? { state: 'retired' } : LIVE;
  }
}

export const livenessViewSchema = overlaySchema.transform((overlay) => new LivenessView(overlay));

export function livenessOf(row: Pick<LivenessRow, 'rank' | 'deprecated_at' | 'sunset'>): Liveness {
  if (row.rank === 2) return { state: 'live' };
  if (row.rank === 0) return { state: 'retired' };
  return { state: 'deprecated', deprecatedAt: row.deprecated_at ?? 0, sunset: row.sunset ?? 0 };
}

export function overlayOf(
  rows: readonly LivenessRow[],
  written: { revision: number; asOf: number; gateways: string[] },
): LivenessOverlay {
  const overlay: LivenessOverlay = { ...written, carried: [], deprecated: {}, retired: [] };
  const carried = new Set<string>();
  for (const row of rows) {
    carried.add(tagOf(row.id)).add(tagOf(row.document_id));
    const liveness = livenessOf(row);
    if (liveness.state === 'retired') overlay.retired.push(row.id);
    if (liveness.state === 'deprecated') {
      overlay.deprecated[row.id] = [liveness.deprecatedAt, liveness.sunset];
    }
  }
  return { ...overlay, carried: [...carried].sort() };
}
