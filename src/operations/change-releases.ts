/** Deprecating, retiring and rolling back: each one D1 batch, which also says what it made of the operations. */
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
import { bringLivenessToKv, type LivenessStores } from './liveness-writes.ts';
import { bundledRelease } from './manifest.ts';
import { reserved } from './publish-release.ts';
import { ReleaseRefusal } from './release-refusal.ts';

const USED_LATELY_SECONDS = 30 * 86_400;

export interface ReleaseChange {
  /** Those that were changed, with the state they now have. */
  releases: (ReleaseKey & { state: ReleaseState })[];
  /** The operations that came into the state by it. */
  operations: { retired: string[]; deprecated: string[] };
}

export interface VersionsRequest {
  client: string;
  versions: readonly string[];
}

/** @param sunset until when it will be served, in Unix seconds. @throws ReleaseRefusal */
export async function deprecateReleases(
  stores: LivenessStores,
  { client, versions, sunset }: VersionsRequest & { sunset: number },
): Promise<ReleaseChange> {
  await requireKnown(stores.db, client, versions);
  const now = Math.floor(stores.nowMs() / 1000);
  const update = deprecateUpdate(stores.db, client, versions, sunset, now);
  return change(stores, update, { kind: 'deprecate', client, versions, sunset });
}

/** @param force retires what was used in the last 30 days, too. @throws ReleaseRefusal */
export async function retireReleases(
  stores: LivenessStores,
  { client, versions, force }: VersionsRequest & { force: boolean },
): Promise<ReleaseChange> {
  await requireKnown(stores.db, client, versions);
  const since = Math.floor(stores.nowMs() / 1000) - USED_LATELY_SECONDS;
  // Whoever used an operation: caches in front answer the others without us.
  const usedBy = force ? [] : await usedLately(stores.db, client, versions, since);
  if (usedBy.length > 0) {
    throw new ReleaseRefusal('STILL_USED', 'Operations of these releases were used in the last 30 days.', {
      usedBy,
    });
  }
  const update = retireUpdate(stores.db, client, versions);
  return change(stores, update, { kind: 'retire', client, versions, force });
}

/** Back to what the release carried before its latest publish. @throws ReleaseRefusal */
export async function rollBackRelease(stores: LivenessStores, release: ReleaseKey): Promise<ReleaseChange> {
  if (release.client === bundledRelease.client) throw reserved();
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
