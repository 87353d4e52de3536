/** Keeps KV's overlay as D1 has it, whoever else is changing releases. */
import { errorFields, log } from '../observability/log.ts';
import { type LivenessRow, livenessQuery, revisionQuery } from '../storage/d1/releases.ts';
import { writeLivenessOverlay } from '../storage/kv/operations.ts';
import { overlayOf } from './liveness.ts';
import { bundledRelease } from './manifest.ts';
import { ReleaseRefusal } from './release-refusal.ts';

const ATTEMPTS = 4;
/** KV takes one write a second of a key. */
const KV_PAUSE_MS = 1_100;

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

/**
 * Writes until D1 has not changed since what was written: of two publishers the slower one may have read first.
 *
 * @throws ReleaseRefusal LIVENESS_NOT_WRITTEN where KV takes nothing: D1 holds the change, the isolates do not know.
 */
export async function bringLivenessToKv(stores: LivenessStores): Promise<void> {
  let written: number | null = null;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const [liveness, revisions] = await stores.db.batch([
      livenessQuery(stores.db),
      revisionQuery(stores.db, bundledRelease.client),
    ]);
    const [row] = (revisions?.results ?? []) as RevisionRow[];
    const nothingPublished = row === undefined || row.revision === 0;
    if (nothingPublished || row.revision === written) return;
    const overlay = overlayOf((liveness?.results ?? []) as LivenessRow[], {
      revision: row.revision,
      asOf: Math.floor(stores.nowMs() / 1000),
      gateways: JSON.parse(row.gateways) as string[],
    });
    try {
      await writeLivenessOverlay(stores.kv, overlay);
      written = row.revision;
    } catch (error) {
      log.warn('operations.liveness_write_failed', { attempt, ...errorFields(error) });
      if (attempt < ATTEMPTS) await stores.sleep(KV_PAUSE_MS);
    }
  }
  if (written !== null) return;
  throw new ReleaseRefusal(
    'LIVENESS_NOT_WRITTEN',
    'The change is stored, but KV did not take it: send the same again.',
  );
}

/** Once in a while without being asked: whoever changed a release may have been cut off before telling KV. Never throws. */
export async function repairLiveness(stores: LivenessStores): Promise<void> {
  try {
    await bringLivenessToKv(stores);
  } catch (error) {
    log.error('operations.liveness_not_repaired', errorFields(error));
  }
}
