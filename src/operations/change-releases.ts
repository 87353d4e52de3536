/**
 * Deprecates, retires, restores and rolls back releases. Each change is one D1 batch, which also reads its effect on
 * operations.
 */
import { purgesOfEndedQueued } from '../storage/d1/operation-purges.ts';
import { lateUsesOfDying } from '../storage/d1/operation-usage.ts';
import { operationNames } from '../storage/d1/operations.ts';
import {
  previousPublish,
  rollbackWrites,
  type StateChange,
  stateWrites,
  unfinishedRollback,
} from '../storage/d1/release-changes.ts';
import { type ReleaseImpact, releaseImpact } from '../storage/d1/release-impact.ts';
import {
  findRelease,
  type LivenessRow,
  livenessQuery,
  operationIdsOf,
  type ReleaseKey,
  type ReleaseState,
  unknownVersions,
} from '../storage/d1/releases.ts';
import { bringLivenessToKv, ReleaseRefusal, VISIBLE_EVERYWHERE_SECONDS } from './liveness-writes.ts';
import { bundledRelease, isReservedClient } from './manifest.ts';
import { type ChangeStores, changedMeanwhile, difference, reservedClient } from './publish-release.ts';
import { USAGE_FLUSH_SECONDS } from './usage.ts';

const RECENT_USE_SECONDS = 30 * 86_400;

export interface ReleaseChange {
  /** The changed releases with their new state. */
  releases: (ReleaseKey & { state: ReleaseState })[];
  /** Ids of the operations that the change has put into the state; `dropped` ones are in no release any more. */
  operations: { live: string[]; deprecated: string[]; retired: string[]; dropped: string[] };
  /** The name of each operation that stands above, or in the lists of a rollback. */
  names: { id: string; name: string }[];
}

export interface RolledBack extends ReleaseChange {
  /** The time of the publish whose content the release has now, in Unix seconds. */
  publishedAt: number;
  /** Ids of operations: those that the release carries again, and those that it carries no more. */
  came: string[];
  gone: string[];
}

export interface RetiredReleases extends ReleaseChange {
  /** Unix seconds: later uses may not be written yet, so nobody knows them. */
  usesUnknownSince: number;
}

export interface VersionsRequest {
  client: string;
  versions: readonly string[];
}

/** @param sunset the end of service, in Unix seconds. @throws ReleaseRefusal */
export function deprecateReleases(
  stores: ChangeStores,
  { client, versions, sunset }: VersionsRequest & { sunset: number },
): Promise<ReleaseChange> {
  return changeState(stores, { kind: 'deprecate', client, versions, sunset });
}

/** Makes deprecated and retired releases published again. @throws ReleaseRefusal */
export function restoreReleases(
  stores: ChangeStores,
  { client, versions }: VersionsRequest,
): Promise<ReleaseChange> {
  return changeState(stores, { kind: 'restore', client, versions });
}

/**
 * Refuses if an operation would end that somebody used in the last 30 days; `force` overrides that. Operations that
 * another live release carries do not end, whoever uses them.
 *
 * @throws ReleaseRefusal
 */
export async function retireReleases(
  stores: ChangeStores,
  { client, versions, force }: VersionsRequest & { force: boolean },
): Promise<RetiredReleases> {
  const now = Math.floor(stores.nowMs() / 1000);
  const usesUnknownSince = now - USAGE_FLUSH_SECONDS;
  const usedBy = force ? [] : await lateUsesOfDying(stores.db, client, versions, now - RECENT_USE_SECONDS);
  if (usedBy.length > 0) {
    const message = 'Operations that no other live release carries were used in the last 30 days.';
    throw new ReleaseRefusal('STILL_USED', message, { usedBy, usesUnknownSince });
  }
  return { ...(await changeState(stores, { kind: 'retire', client, versions, force })), usesUnknownSince };
}

/**
 * Restores the operations that the release had before its latest publish; its state stays. A rollback that was cut off
 * before isolates could see it is completed, and not repeated.
 *
 * @throws ReleaseRefusal
 */
export async function rollBackRelease(stores: ChangeStores, release: ReleaseKey): Promise<RolledBack> {
  if (isReservedClient(release.client)) throw reservedClient(release.client);
  const { db } = stores;
  const held = await findRelease(db, release);
  if (held === null) throw unknown([release.version]);
  const unfinished = await unfinishedRollback(db, release);
  const from = unfinished ?? held.publish_id;
  const previous = await previousPublish(db, from);
  if (previous === null) {
    throw new ReleaseRefusal('NO_PREVIOUS_PUBLISH', 'The release was never published with other content.');
  }
  const [heldIds, previousIds] = await Promise.all([
    operationIdsOf(db, from),
    operationIdsOf(db, previous.id),
  ]);
  const changed =
    unfinished === null
      ? await change(stores, rollbackWrites(db, release, { from, to: previous.id }, originOf(stores)), [
          purgesQueued(stores, { client: release.client, versions: [release.version] }, [from]),
        ])
      : await completed(stores, { ...release, state: held.state });
  if (changed.releases.length === 0) throw changedMeanwhile();
  const { added, gone } = difference(heldIds, previousIds);
  const names = await operationNames(db, [...idsOf(changed), ...added, ...gone]);
  return { ...changed, names, publishedAt: previous.published_at, came: added, gone };
}

export interface RetirementImpact extends ReleaseImpact {
  usesUnknownSince: number;
  /** True if `retireReleases` would refuse without `force`. */
  isInUse: boolean;
}

/** Says what `retireReleases` would end, and changes nothing. @throws ReleaseRefusal */
export async function retirementImpact(
  { db, nowMs }: Pick<ChangeStores, 'db' | 'nowMs'>,
  { client, versions }: VersionsRequest,
  sinceDay: number,
): Promise<RetirementImpact> {
  const missing = await unknownVersions(db, client, versions);
  if (missing.length > 0) throw unknown(missing);
  const now = Math.floor(nowMs() / 1000);
  const impact = await releaseImpact(db, client, versions, sinceDay);
  const isInUse = impact.usedBy.some(({ lastUsedAt }) => lastUsedAt >= now - RECENT_USE_SECONDS);
  return { ...impact, usesUnknownSince: now - USAGE_FLUSH_SECONDS, isInUse };
}

async function changeState(stores: ChangeStores, wanted: StateChange): Promise<ReleaseChange> {
  const { client, versions, kind } = wanted;
  if (kind !== 'restore' && client === bundledRelease.client && versions.includes(bundledRelease.version)) {
    const message = `${client} ${bundledRelease.version} is the build that runs: deploy another one first.`;
    throw new ReleaseRefusal('RUNNING_BUILD', message);
  }
  const missing = await unknownVersions(stores.db, client, versions);
  if (missing.length > 0) throw unknown(missing);
  const purges = kind === 'retire' ? [purgesQueued(stores, wanted)] : [];
  const changed = await change(stores, stateWrites(stores.db, wanted, originOf(stores)), purges);
  return { ...changed, names: await operationNames(stores.db, idsOf(changed)) };
}

async function change(
  stores: ChangeStores,
  writes: readonly [record: D1PreparedStatement, update: D1PreparedStatement],
  purges: readonly D1PreparedStatement[],
): Promise<Omit<ReleaseChange, 'names'>> {
  const { db } = stores;
  const [held, , updated, written] = await db.batch([
    livenessQuery(db),
    ...writes,
    livenessQuery(db),
    ...purges,
  ]);
  const rows = (held?.results ?? []) as LivenessRow[];
  const before = new Map(rows.map(({ id, rank }) => [id, rank]));
  const after = (written?.results ?? []) as LivenessRow[];
  const carried = new Set(after.map(({ id }) => id));
  const became = (rank: number) =>
    after.filter((row) => row.rank === rank && before.get(row.id) !== rank).map(({ id }) => id);
  const changed = {
    releases: (updated?.results ?? []) as ReleaseChange['releases'],
    operations: {
      live: became(2),
      deprecated: became(1),
      retired: became(0),
      dropped: rows.map(({ id }) => id).filter((id) => !carried.has(id)),
    },
  };
  await bringLivenessToKv(stores);
  return changed;
}

/** @param publishIds which the releases carried before, if they carry others now. */
const purgesQueued = (
  { db, nowMs }: ChangeStores,
  { client, versions }: VersionsRequest,
  publishIds: readonly string[] = [],
) => {
  const dueAt = Math.floor(nowMs() / 1000) + VISIBLE_EVERYWHERE_SECONDS;
  return purgesOfEndedQueued(db, { client, versions, publishIds }, dueAt);
};

/** The operations that clients can run no more. */
export const endedIds = ({ operations }: Pick<ReleaseChange, 'operations'>) => [
  ...operations.retired,
  ...operations.dropped,
];

/** An earlier change has set the states of operations: its effect on them is no longer known. */
async function completed(
  stores: ChangeStores,
  release: ReleaseChange['releases'][number],
): Promise<Omit<ReleaseChange, 'names'>> {
  await bringLivenessToKv(stores);
  return { releases: [release], operations: { live: [], deprecated: [], retired: [], dropped: [] } };
}

const idsOf = ({ operations }: Pick<ReleaseChange, 'operations'>) => Object.values(operations).flat();

const originOf = ({ nowMs, keyName }: ChangeStores) => ({ nowSeconds: Math.floor(nowMs() / 1000), keyName });

const unknown = (versions: readonly string[]) =>
  new ReleaseRefusal('UNKNOWN_RELEASES', `Never published: ${versions.join(', ')}.`, { versions });
