/** Keeps KV's overlay as D1 has it, whoever else is changing releases. */
import { type LivenessRow, livenessQuery, revisionQuery } from '../storage/d1/releases.ts';
import { bringToKv } from '../storage/kv/bring-to-kv.ts';
import { writeLivenessOverlay } from '../storage/kv/operations.ts';
import { overlayOf } from './liveness.ts';
import { bundledRelease } from './manifest.ts';
import { ReleaseRefusal } from './release-refusal.ts';

export interface LivenessStores {
  db: D1Database;
  kv: KVNamespace;
  nowMs: () => number;
  sleep: (ms: number) => Promise<void>;
}

interface RevisionRow {
  revision: number;
  gateways: string;
}

/** @throws ReleaseRefusal LIVENESS_NOT_WRITTEN where it cannot: D1 holds the change, the isolates do not know. */
export async function bringLivenessToKv({ db, kv, nowMs, sleep }: LivenessStores): Promise<void> {
  try {
    await bringToKv({
      read: async () => {
        const [liveness, revisions] = await db.batch([
          livenessQuery(db),
          revisionQuery(db, bundledRelease.client),
        ]);
        const [row] = (revisions?.results ?? []) as RevisionRow[];
        // Nothing was published yet.
        if (row === undefined || row.revision === 0) return null;
        const { revision } = row;
        const value = overlayOf((liveness?.results ?? []) as LivenessRow[], {
          revision,
          asOf: Math.floor(nowMs() / 1000),
          gateways: JSON.parse(row.gateways) as string[],
        });
        return { value, version: revision };
      },
      write: (overlay) => writeLivenessOverlay(kv, overlay),
      sleep,
      failureEvent: 'operations.liveness_write_failed',
    });
  } catch {
    // Each try was logged.
    throw new ReleaseRefusal(
      'LIVENESS_NOT_WRITTEN',
      'The change is stored, but KV does not show it yet: send the same again.',
    );
  }
}
