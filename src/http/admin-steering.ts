/** Switching operations off and on, time limits, and what caches in front hold of operations that have ended. */
import * as z from 'zod';
import { OPERATION_TIME_LIMIT_MAX_MS, PURGE_TAGS_MAX } from '../config.ts';
import { VISIBLE_EVERYWHERE_SECONDS } from '../operations/liveness-writes.ts';
import { operationTag } from '../operations/operation-tag.ts';
import { steerOperation } from '../operations/steer-operation.ts';
import type { Steering } from '../storage/d1/operation-steering.ts';
import { readAdminBody } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';
import { purgeTags } from './purge-tags.ts';

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

/**
 * Purges at once. The minute's job purges again (`sync/operation-purges.ts`), once every isolate knows of the change: a
 * failure here changes nothing.
 */
export const purgedNow = ({ purge }: Pick<AdminSources, 'purge'>, operationIds: readonly string[]) =>
  purgeTags(purge, operationIds.slice(0, PURGE_TAGS_MAX).map(operationTag));
