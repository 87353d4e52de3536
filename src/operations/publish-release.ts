/** Publishes a release in one D1 batch, which does nothing if the release has changed since it was read. */
import { operationInserts, operationNames, storedDocumentIds } from '../storage/d1/operations.ts';
import { stateWrites } from '../storage/d1/release-changes.ts';
import {
  carriedElsewhere,
  findRelease,
  operationIdsOf,
  publishWrites,
  type ReleaseKey,
  type ReleaseState,
} from '../storage/d1/releases.ts';
import { bringLivenessToKv, type LivenessStores, ReleaseRefusal } from './liveness-writes.ts';
import { type BundledRelease, bundledRelease, isReservedClient, restRelease } from './manifest.ts';
import { operationRow } from './register-operation.ts';
import { formWrites } from './store-forms.ts';

const ATTEMPTS = 5;

export interface ReleaseStores extends LivenessStores {
  randomId: () => string;
}

/** For a change that a key asks for; the record of the change has its name. */
export interface ChangeStores extends ReleaseStores {
  keyName: string;
}

export interface PublishRequest extends ReleaseKey {
  operationIds: readonly string[];
  /** Replaces other content. The state of the release stays. */
  replace: boolean;
  /** Changes nothing; the operations need not be stored. */
  dryRun: boolean;
}

/** Lists of operations by id. */
export interface PublishOutcome {
  changed: boolean;
  state: ReleaseState;
  /** New to the registry: no release carried them. */
  new: string[];
  /** New in the release, and those that it carried already. */
  added: string[];
  unchanged: string[];
  /** The release carries them no more; `dropped` ones no other release either. */
  gone: string[];
  dropped: string[];
  /** The name of each operation that is gone. */
  names: { id: string; name: string }[];
}

/** @throws ReleaseRefusal; nothing is published, except with LIVENESS_NOT_WRITTEN. */
export async function publishRelease(stores: ChangeStores, request: PublishRequest): Promise<PublishOutcome> {
  if (isReservedClient(request.client)) throw reservedClient(request.client);
  const operationIds = [...new Set(request.operationIds)].sort();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const held = await findRelease(stores.db, request);
    const heldIds = held === null ? [] : await operationIdsOf(stores.db, held.publish_id);
    const content = difference(heldIds, operationIds);
    const same = held !== null && content.added.length + content.gone.length === 0;
    if (held !== null && !same && !request.replace) {
      const { added, gone } = content;
      throw new ReleaseRefusal('RELEASE_DIFFERS', 'The release exists with other operations.', {
        added,
        gone,
        names: await operationNames(stores.db, gone),
      });
    }
    const changed = !same;
    const outcome = {
      ...(await contentOutcome(stores.db, request, content)),
      state: held?.state ?? 'published',
    };
    if (request.dryRun) return { changed, ...outcome };
    if (!changed) {
      await bringLivenessToKv(stores);
      return { changed, ...outcome };
    }
    await requireStored(stores.db, operationIds);
    const origin = { nowSeconds: nowSeconds(stores), keyName: stores.keyName };
    const write = { ...request, ...origin, operationIds, publishId: stores.randomId() };
    const [inserted] = await stores.db.batch(publishWrites(stores.db, write, held?.publish_id ?? null));
    if (inserted?.meta.changes !== 1) continue;
    await bringLivenessToKv(stores);
    return { changed, ...outcome };
  }
  throw changedMeanwhile();
}

/**
 * Stores the build's own operations as releases. The build that runs is published, whatever it was before; the release of
 * `/api` keeps the state that an operator gave it.
 */
export async function recordBundledReleases(stores: ReleaseStores): Promise<void> {
  await recordRelease(stores, bundledRelease, ['published']);
  await recordRelease(stores, restRelease, ['published', 'deprecated', 'retired']);
}

/** @param kept the states that an earlier record keeps. */
async function recordRelease(
  stores: ReleaseStores,
  { client, version, operations, forms }: BundledRelease,
  kept: readonly ReleaseState[],
): Promise<void> {
  const held = await findRelease(stores.db, { client, version });
  if (held !== null && kept.includes(held.state)) return;
  const origin = { nowSeconds: nowSeconds(stores), keyName: null };
  if (held !== null) {
    const restored = { kind: 'restore', client, versions: [version] } as const;
    await stores.db.batch(stateWrites(stores.db, restored, origin));
  } else {
    const rows = await Promise.all(operations.map(operationRow));
    const operationIds = operations.map(({ id }) => id);
    const write = { client, version, operationIds, publishId: stores.randomId(), ...origin };
    await stores.db.batch([
      ...operationInserts(stores.db, rows, origin.nowSeconds),
      ...(await formWrites(stores.db, operations, forms)),
      ...publishWrites(stores.db, write, null),
    ]);
  }
  await bringLivenessToKv(stores);
}

export const reservedClient = (client: string) =>
  new ReleaseRefusal('RESERVED_CLIENT', `The releases of ${client} come with the gateway's own builds.`);

export const changedMeanwhile = () =>
  new ReleaseRefusal('CHANGED_MEANWHILE', 'The release was changed at the same time: try again.');

const nowSeconds = (stores: LivenessStores) => Math.floor(stores.nowMs() / 1000);

export function difference(held: readonly string[], wanted: readonly string[]) {
  const [heldSet, wantedSet] = [new Set(held), new Set(wanted)];
  return {
    added: wanted.filter((id) => !heldSet.has(id)),
    unchanged: wanted.filter((id) => heldSet.has(id)),
    gone: held.filter((id) => !wantedSet.has(id)),
  };
}

async function contentOutcome(db: D1Database, release: ReleaseKey, content: ReturnType<typeof difference>) {
  const { added, gone } = content;
  const carried = await carriedElsewhere(db, release, [...added, ...gone]);
  const [isNew, dropped] = [added, gone].map((ids) => ids.filter((id) => !carried.has(id)));
  return { ...content, new: isNew ?? [], dropped: dropped ?? [], names: await operationNames(db, gone) };
}

async function requireStored(db: D1Database, operationIds: readonly string[]): Promise<void> {
  const stored = await storedDocumentIds(db, operationIds);
  const unknown = operationIds.filter((id) => !stored.has(id));
  if (unknown.length === 0) return;
  throw new ReleaseRefusal('UNKNOWN_OPERATIONS', 'The release names operations that are not stored.', {
    ids: unknown,
  });
}
