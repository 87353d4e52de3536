/**
 * What lives: one value that is laid over every tier of the registry, the bundled manifest too.
 *
 * It names every operation that a release carries, so that an id outside it costs KV nothing. What was published
 * since it was written is D1's to know.
 */
import * as z from 'zod';
import type { LivenessRow } from '../storage/d1/releases.ts';
import { SHA256_ID } from './document-id.ts';
import type { Liveness } from './registered-operation.ts';

const overlaySchema = z.object({
  /** The last change of releases that it knows of. */
  revision: z.number(),
  /** When it was written, in Unix seconds. */
  asOf: z.number(),
  /** The builds whose bundled operations it speaks of. */
  gateways: z.array(z.string()),
  /** The tags of every id that finds an operation. */
  carried: z.array(z.string()),
  /** [deprecatedAt, sunset] by operation id, in Unix seconds. */
  deprecated: z.record(z.string(), z.tuple([z.number(), z.number()])),
  retired: z.array(z.string()),
});
export type LivenessOverlay = z.infer<typeof overlaySchema>;

/** Hashes are cut: a list of 10,000 operations stays under 200 KB. Ids made up to pass cost from the budget. */
const TAG_HEX_DIGITS = 16;
const tagOf = (id: string) => (SHA256_ID.test(id) ? id.slice(7, 7 + TAG_HEX_DIGITS) : id);

export const LIVE: Liveness = { state: 'live' };

/** The overlay as an isolate asks it. */
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

  /** False where no release carried it when the overlay was written; true may be a coincidence of hashes. */
  mayCarry(id: string): boolean {
    return this.#carried.has(tagOf(id));
  }

  /** Whether it was written when this build's operations were on record. */
  knowsGateway(version: string): boolean {
    return this.#gateways.has(version);
  }

  /** Of an operation that is carried. */
  of(operationId: string): Liveness {
    const dates = this.#deprecated.get(operationId);
    if (dates !== undefined) return { state: 'deprecated', deprecatedAt: dates[0], sunset: dates[1] };
    return this.#retired.has(operationId) ? { state: 'retired' } : LIVE;
  }
}

/** Parses what KV holds, at once into what answers. */
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
