/** Copies the liveness overlay from D1 to KV, also while others change releases. */
import { carriedFormsQuery } from '../storage/d1/operation-forms.ts';
import { type SteeringRow, steeringQuery } from '../storage/d1/operation-steering.ts';
import {
  type LivenessRow,
  livenessCopied,
  livenessQuery,
  type ReleasedClientRow,
  type RevisionRow,
  releasedClientsQuery,
  revisionQuery,
} from '../storage/d1/releases.ts';
import { bringToKv } from '../storage/kv/bring-to-kv.ts';
import { OPERATION_LIVENESS_MEMORY_SECONDS } from '../storage/kv/keys.ts';
import { writeLivenessOverlay } from '../storage/kv/operations.ts';
import { overlayOf } from './liveness.ts';
import { bundledRelease } from './manifest.ts';

/** KV shows a write everywhere within a minute. */
const KV_VISIBLE_SECONDS = 60;
/** The time until every isolate has read an overlay that was written. */
export const VISIBLE_EVERYWHERE_SECONDS = KV_VISIBLE_SECONDS + OPERATION_LIVENESS_MEMORY_SECONDS;

export type ReleaseRefusalCode =
  | 'RELEASE_DIFFERS'
  | 'UNKNOWN_OPERATIONS'
  | 'UNKNOWN_RELEASES'
  | 'STILL_USED'
  | 'NO_PREVIOUS_PUBLISH'
  | 'RESERVED_CLIENT'
  | 'RUNNING_BUILD'
  | 'CHANGED_MEANWHILE'
  | 'NOT_LIMITABLE'
  | 'LIVENESS_NOT_WRITTEN';

/** Says why a release cannot be changed; `details` name its operations or versions. */
export class ReleaseRefusal extends Error {
  readonly code: ReleaseRefusalCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ReleaseRefusalCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ReleaseRefusal';
    this.code = code;
    this.details = details;
  }
}

export interface LivenessStores {
  db: D1Database;
  kv: KVNamespace;
  nowMs: () => number;
  sleep: (ms: number) => Promise<void>;
  random: () => number;
}

/** @throws ReleaseRefusal LIVENESS_NOT_WRITTEN if KV cannot be written: D1 has the change, isolates do not see it. */
export async function bringLivenessToKv({ db, kv, nowMs, sleep, random }: LivenessStores): Promise<void> {
  try {
    await bringToKv({
      read: async () => {
        const [liveness, revisions, forms, releasedClients, steering] = await db.batch([
          livenessQuery(db),
          revisionQuery(db, bundledRelease.client),
          carriedFormsQuery(db),
          releasedClientsQuery(db),
          steeringQuery(db),
        ]);
        const [row] = (revisions?.results ?? []) as RevisionRow[];
        // Nothing has been published yet.
        if (row === undefined || row.revision === 0) return null;
        const { revision } = row;
        const formIds = ((forms?.results ?? []) as { id: string }[]).map(({ id }) => id);
        const clients = ((releasedClients?.results ?? []) as ReleasedClientRow[]).map(
          ({ client, versions }): [string, string[]] => [client, JSON.parse(versions) as string[]],
        );
        const released = {
          operations: (liveness?.results ?? []) as LivenessRow[],
          formIds,
          clients,
          steering: (steering?.results ?? []) as SteeringRow[],
        };
        const value = overlayOf(released, {
          revision,
          asOf: Math.floor(nowMs() / 1000),
          gateways: JSON.parse(row.gateways) as string[],
        });
        return { value, version: revision };
      },
      write: async (overlay) => {
        await writeLivenessOverlay(kv, overlay);
        await livenessCopied(db, overlay.revision).run();
      },
      sleep,
      random,
      failureEvent: 'operations.liveness_write_failed',
    });
  } catch {
    // `bringToKv` has logged each attempt.
    throw new ReleaseRefusal(
      'LIVENESS_NOT_WRITTEN',
      'The change is stored but not in effect yet: send the request again.',
    );
  }
}
