/**
 * The liveness overlay: one KV value with the state of every operation. It overrides all tiers of the registry. The build
 * that runs is published, so no release ends what its manifest has; an operator may switch it off.
 *
 * It names every id of an operation that a release carries, so that no other id costs a KV read: 930 KB for 10,000
 * operations, which an isolate parses in 2 ms, and up to 2.4 MB and 4 ms with their forms. Only D1 knows operations that
 * were published after it was written.
 */
import * as z from 'zod';
import type { SteeringRow } from '../storage/d1/operation-steering.ts';
import type { LivenessRow } from '../storage/d1/releases.ts';
import { tagOf } from './operation-id.ts';
import type { Liveness } from './registered-operation.ts';

export const overlaySchema = z.object({
  /** The latest change of releases that it contains. */
  revision: z.number(),
  /** The time of writing, in Unix seconds. */
  asOf: z.number(),
  /** The builds whose bundled operations it includes. Only the code of earlier deployments reads it. */
  gateways: z.array(z.string()),
  /**
   * All ids under which an operation can be found, whole: a client can make up ids that begin like one of them. Absent in
   * an overlay of a build that wrote only `carried`.
   */
  ids: z.array(z.string()).optional(),
  /** Their tags. Isolates of such a build read them during a deployment. */
  carried: z.array(z.string()),
  /** All other ids of forms, whole too. Absent in an overlay of a build that knew no forms. */
  formIds: z.array(z.string()).optional(),
  /** [deprecatedAt, sunset] by operation id, in Unix seconds. */
  deprecated: z.record(z.string(), z.tuple([z.number(), z.number()])),
  retired: z.array(z.string()),
  /** The names of clients of releases, with the versions of each. Absent in an overlay of a build that did not measure. */
  clients: z.array(z.tuple([z.string(), z.array(z.string())])).optional(),
  /** The operations that are switched off. Absent in an overlay of a build that could switch none off. */
  off: z.array(z.string()).optional(),
  /** The longest execution in milliseconds, by operation id. Absent as `off` is. */
  timeLimits: z.record(z.string(), z.number()).optional(),
});
export type LivenessOverlay = z.infer<typeof overlaySchema>;

/** By the releases that carry the operation. */
export function livenessOf(row: Pick<LivenessRow, 'rank' | 'deprecated_at' | 'sunset'>): Liveness {
  if (row.rank === 2) return { state: 'live' };
  if (row.rank === 0) return { state: 'retired' };
  return { state: 'deprecated', deprecatedAt: row.deprecated_at ?? 0, sunset: row.sunset ?? 0 };
}

/** All that D1 has of releases, and of operations that an operator has changed. */
export interface Released {
  operations: readonly LivenessRow[];
  formIds: readonly string[];
  clients: [client: string, versions: string[]][];
  steering: readonly SteeringRow[];
}

export function overlayOf(
  { operations, formIds, clients, steering }: Released,
  written: { revision: number; asOf: number; gateways: string[] },
): LivenessOverlay {
  const overlay: LivenessOverlay = { ...written, carried: [], deprecated: {}, retired: [] };
  const ids = new Set<string>();
  for (const row of operations) {
    ids.add(row.id).add(row.document_id);
    const liveness = livenessOf(row);
    if (liveness.state === 'retired') overlay.retired.push(row.id);
    if (liveness.state === 'deprecated') {
      overlay.deprecated[row.id] = [liveness.deprecatedAt, liveness.sunset];
    }
  }
  const otherFormIds = formIds.filter((id) => !ids.has(id));
  return {
    ...overlay,
    formIds: otherFormIds,
    clients,
    ids: [...ids].sort(),
    carried: [...new Set([...ids].map(tagOf))].sort(),
    off: steering.filter(({ off_since }) => off_since !== null).map(({ operation_id }) => operation_id),
    timeLimits: Object.fromEntries(
      steering.flatMap(({ operation_id, time_limit_ms }) =>
        time_limit_ms === null ? [] : [[operation_id, time_limit_ms]],
      ),
    ),
  };
}
