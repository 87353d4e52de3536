/** Switching operations off and on, time limits, and what caches in front hold of operations that have ended. */
import * as z from 'zod';
import { OPERATION_TIME_LIMIT_MAX_MS, PURGE_TAGS_MAX } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { VISIBLE_EVERYWHERE_SECONDS } from '../operations/liveness-writes.ts';
import { operationTag } from '../operations/operation-tag.ts';
import { steerOperation } from '../operations/steer-operation.ts';
import type { Steering } from '../storage/d1/operation-steering.ts';
import { readAdminBody } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';

const operationSchema = z.object({ id: z.string() });
const limitSchema = operationSchema.extend({
  timeLimitMs: z.int().min(1).max(OPERATION_TIME_LIMIT_MAX_MS).nullable(),
});

export const postOff = async (request: Request, sources: AdminSources) =>
  steered(sources, (await readAdminBody(request, operationSchema)).id, { kind: 'off' });

export const postOn = async (request: Request, sources: AdminSources) =>
  steered(sources, (await readAdminBody(request, operationSchema)).id, { kind: 'on' });

export async function postLimit(request: Request, sources: AdminSources) {
  const { id, timeLimitMs } = await readAdminBody(request, limitSchema);
  return steered(sources, id, { kind: 'limit', timeLimitMs });
}

async function steered(sources: AdminSources, id: string, steering: Steering) {
  const outcome = await steerOperation(sources, id, steering);
  const ids = steering.kind === 'off' ? outcome.operations.map((operation) => operation.id) : [];
  return {
    ...outcome,
    visibleEverywhereAt: visibleEverywhereAt(sources),
    purge: await purgedNow(sources, ids),
  };
}

export const visibleEverywhereAt = ({ nowMs }: Pick<AdminSources, 'nowMs'>) =>
  new Date(nowMs() + VISIBLE_EVERYWHERE_SECONDS * 1000).toISOString();

/** `none`: there was nothing to purge, or the platform offers no purge here. */
export type PurgeOutcome = 'purged' | 'refused' | 'none';

/**
 * Purges at once. The minute's job purges again (`sync/operation-purges.ts`), once every isolate knows of the change: a
 * failure here changes nothing.
 */
export async function purgedNow(
  { purge }: Pick<AdminSources, 'purge'>,
  operationIds: readonly string[],
): Promise<PurgeOutcome> {
  if (purge === undefined || operationIds.length === 0) return 'none';
  try {
    const { success, errors } = await purge(operationIds.slice(0, PURGE_TAGS_MAX).map(operationTag));
    if (!success) log.warn('cache.purge_refused', { reason: errors[0]?.message });
    return success ? 'purged' : 'refused';
  } catch (error) {
    log.warn('cache.purge_refused', errorFields(error));
    return 'refused';
  }
}
