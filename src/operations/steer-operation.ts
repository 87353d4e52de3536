/** Switches operations off and on, and gives them time limits, while they run. */
import { purgesQueued } from '../storage/d1/operation-purges.ts';
import {
  operationsOfOneText,
  type SteeredOperation,
  type Steering,
  steeringWrites,
} from '../storage/d1/operation-steering.ts';
import { bringLivenessToKv, ReleaseRefusal, VISIBLE_EVERYWHERE_SECONDS } from './liveness-writes.ts';
import type { ChangeStores } from './publish-release.ts';

export interface SteeredOperations {
  /** The operation, and those with the same text: they are steered together. */
  operations: SteeredOperation[];
  /** The ids of those that were not so before. */
  changed: string[];
}

/**
 * The operation need not be in a release. A limit is refused for a mutation: a cancelled one may have had its effect.
 *
 * @throws ReleaseRefusal
 */
export async function steerOperation(
  stores: ChangeStores,
  id: string,
  steering: Steering,
): Promise<SteeredOperations> {
  const { db, nowMs, keyName } = stores;
  const operations = await operationsOfOneText(db, id);
  if (operations.length === 0) {
    throw new ReleaseRefusal('UNKNOWN_OPERATIONS', 'No operation has this id.', { ids: [id] });
  }
  if (steering.kind === 'limit' && steering.timeLimitMs !== null && operations[0]?.kind === 'mutation') {
    const message =
      'A mutation gets no time limit: one that is cancelled may have had its effect. Switch it off.';
    throw new ReleaseRefusal('NOT_LIMITABLE', message);
  }
  const ids = operations.map((operation) => operation.id);
  const nowSeconds = Math.floor(nowMs() / 1000);
  const writes = steeringWrites(db, steering, ids, { nowSeconds, keyName });
  const purges =
    steering.kind === 'off' ? [purgesQueued(db, ids, nowSeconds + VISIBLE_EVERYWHERE_SECONDS)] : [];
  const [, updated] = await db.batch<{ operation_id: string }>([...writes, ...purges]);
  await bringLivenessToKv(stores);
  return { operations, changed: (updated?.results ?? []).map(({ operation_id }) => operation_id) };
}
