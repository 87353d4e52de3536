/** Publishes a release in one D1 batch, which does nothing if the release has changed since it was read. */
import { operationInserts, storedDocumentIds } from '../storage/d1/operations.ts';
import { findRelease, operationIdsOf, publishWrites, type ReleaseKey } from '../storage/d1/releases.ts';
import { bringLivenessToKv, type LivenessStores, ReleaseRefusal } from './liveness-writes.ts';
import { bundledRelease } from './manifest.ts';
import { operationRow } from './register-operation.ts';

const ATTEMPTS = 5;

export interface ReleaseStores extends LivenessStores {
  randomId: () => string;
}

export interface PublishRequest extends ReleaseKey {
  operationIds: readonly string[];
  /** Replaces other content, and makes a deprecated or retired release published again. */
  replace: boolean;
  /** Changes nothing; the operations need not be stored. */
  dryRun: boolean;
}

export interface PublishOutcome {
  changed: boolean;
  new: string[];
  unchanged: string[];
  gone: string[];
}

/** @throws ReleaseRefusal; nothing is published, except with LIVENESS_NOT_WRITTEN. */
export async function publishRelease(
  stores: ReleaseStores,
  request: PublishRequest,
): Promise<PublishOutcome> {
  if (request.client === bundledRelease.client) throw reservedClient();
  const operationIds = [...new Set(request.operationIds)].sort();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const held = await findRelease(stores.db, request);
    const heldIds = held === null ? [] : await operationIdsOf(stores.db, held.publish_id);
    const outcome = difference(heldIds, operationIds);
    const same = held !== null && outcome.new.length + outcome.gone.length === 0;
    const changed = !same || (request.replace && held.state !== 'published');
    if (held !== null && !same && !request.replace) {
      throw new ReleaseRefusal('RELEASE_DIFFERS', 'The release exists with other operations.', {
        new: outcome.new,
        gone: outcome.gone,
      });
    }
    if (request.dryRun) return { changed, ...outcome };
    if (!changed) {
      await bringLivenessToKv(stores);
      return { changed, ...outcome };
    }
    await requireStored(stores.db, operationIds);
    const write = { ...request, operationIds, publishId: stores.randomId(), nowSeconds: nowSeconds(stores) };
    const [inserted] = await stores.db.batch(publishWrites(stores.db, write, held?.publish_id ?? null));
    if (inserted?.meta.changes !== 1) continue;
    await bringLivenessToKv(stores);
    return { changed, ...outcome };
  }
  throw new ReleaseRefusal('CHANGED_MEANWHILE', 'The release was changed at the same time: try again.');
}

/** Stores the build's own operations as a release, so that they can be deprecated and retired. */
export async function recordBundledRelease(stores: ReleaseStores): Promise<void> {
  const { client, version, operations } = bundledRelease;
  if ((await findRelease(stores.db, { client, version })) !== null) return;
  const rows = await Promise.all(operations.map(operationRow));
  const now = nowSeconds(stores);
  const operationIds = operations.map(({ id }) => id);
  const write = { client, version, operationIds, publishId: stores.randomId(), nowSeconds: now };
  await stores.db.batch([
    ...operationInserts(stores.db, rows, now),
    ...publishWrites(stores.db, write, null),
  ]);
  await bringLivenessToKv(stores);
}

export const reservedClient = () =>
  new ReleaseRefusal(
    'RESERVED_CLIENT',
    `The releases of ${bundledRelease.client} are the gateway's own builds.`,
  );

const nowSeconds = (stores: LivenessStores) => Math.floor(stores.nowMs() / 1000);

function difference(held: readonly string[], wanted: readonly string[]) {
  const [heldSet, wantedSet] = [new Set(held), new Set(wanted)];
  return {
    new: wanted.filter((id) => !heldSet.has(id)),
    unchanged: wanted.filter((id) => heldSet.has(id)),
    gone: held.filter((id) => !wantedSet.has(id)),
  };
}

async function requireStored(db: D1Database, operationIds: readonly string[]): Promise<void> {
  const stored = await storedDocumentIds(db, operationIds);
  const unknown = operationIds.filter((id) => !stored.has(id));
  if (unknown.length === 0) return;
  throw new ReleaseRefusal('UNKNOWN_OPERATIONS', 'The release names operations that are not stored.', {
    ids: unknown,
  });
}
