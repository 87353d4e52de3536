/** Deprecates, retires and rolls back releases. Each change is one D1 batch, which also reads its effect on operations. */
import { usedLately } from '../storage/d1/operation-usage.ts';
import {
  changeInsert,
  deprecateUpdate,
  findRelease,
  type LivenessRow,
  livenessQuery,
  type ReleaseKey,
  type ReleaseState,
  retireUpdate,
  rollbackUpdate,
  unknownVersions,
} from '../storage/d1/releases.ts';
import { bringLivenessToKv, type LivenessStores, ReleaseRefusal } from './liveness-writes.ts';
import { bundledRelease } from './manifest.ts';
import { reservedClient } from './publish-release.ts';

const RECENT_USE_SECONDS = 30 * 86_400;

export interface ReleaseChange {
  /** The changed releases with their new state. */
  releases: (ReleaseKey & { state: ReleaseState })[];
  /** The operations that the change has put into the state. */
  operations: { retired: string[]; deprecated: string[] };
}

export interface VersionsRequest {
  client: string;
  versions: readonly string[];
}

/** @param sunset the end of service, in Unix seconds. @throws ReleaseRefusal */
export async function deprecateReleases(
  stores: LivenessStores,
  { client, versions, sunset }: VersionsRequest & { sunset: number },
): Promise<ReleaseChange> {
  await requireKnown(stores.db, client, versions);
  const now = Math.floor(stores.nowMs() / 1000);
  const update = deprecateUpdate(stores.db, client, versions, sunset, now);
  return change(stores, update, { kind: 'deprecate', client, versions, sunset });
}

/** @param force also retires releases that were used in the last 30 days. @throws ReleaseRefusal */
export async function retireReleases(
  stores: LivenessStores,
  { client, versions, force }: VersionsRequest & { force: boolean },
): Promise<ReleaseChange> {
  await requireKnown(stores.db, client, versions);
  const since = Math.floor(stores.nowMs() / 1000) - RECENT_USE_SECONDS;
  // A use counts for all releases that carry the operation: shared caches hide other clients' uses from us.
  const usedBy = force ? [] : await usedLately(stores.db, client, versions, since);
  if (usedBy.length > 0) {
    throw new ReleaseRefusal('STILL_USED', 'Operations of these releases were used in the last 30 days.', {
      usedBy,
    });
  }
  const update = retireUpdate(stores.db, client, versions);
  return change(stores, update, { kind: 'retire', client, versions, force });
}

/** Restores the operations that the release had before its latest publish. @throws ReleaseRefusal */
export async function rollBackRelease(stores: LivenessStores, release: ReleaseKey): Promise<ReleaseChange> {
  if (release.client === bundledRelease.client) throw reservedClient();
  const { client, version } = release;
  const held = await findRelease(stores.db, release);
  if (held === null) throw unknown([version]);
  const changed = await change(stores, rollbackUpdate(stores.db, release, held.publish_id), {
    kind: 'rollback',
    client,
    version,
    from: held.publish_id,
  });
  if (changed.releases.length > 0) return changed;
  throw new ReleaseRefusal('NO_PREVIOUS_PUBLISH', 'The release was never published with other content.');
}

async function change(
  stores: LivenessStores,
  update: D1PreparedStatement,
  note: object,
): Promise<ReleaseChange> {
  const { db } = stores;
  const now = Math.floor(stores.nowMs() / 1000);
  const results = await db.batch([livenessQuery(db), update, changeInsert(db, now, note), livenessQuery(db)]);
  await bringLivenessToKv(stores);
  const before = new Map(((results[0]?.results ?? []) as LivenessRow[]).map((row) => [row.id, row.rank]));
  const after = (results[3]?.results ?? []) as LivenessRow[];
  const became = (rank: number) =>
    after.filter((row) => row.rank === rank && before.get(row.id) !== rank).map(({ id }) => id);
  return {
    releases: (results[1]?.results ?? []) as ReleaseChange['releases'],
    operations: { retired: became(0), deprecated: became(1) },
  };
}

async function requireKnown(db: D1Database, client: string, versions: readonly string[]): Promise<void> {
  const missing = await unknownVersions(db, client, versions);
  if (missing.length > 0) throw unknown(missing);
}

const unknown = (versions: readonly string[]) =>
  new ReleaseRefusal('UNKNOWN_RELEASES', `Never published: ${versions.join(', ')}.`, { versions });
