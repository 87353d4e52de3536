/** The operations of all live releases. */
import { liveOperations } from '../../src/storage/d1/release-reads.ts';
import { type LiveOperation, liveOperations as liveOperationsAnswer } from '../operations/admin-answers.ts';
import { createAdminClient } from '../operations/admin-client.ts';
import { CommandFailure } from '../operations/command-failure.ts';
import type { Deployment, Report } from './step.ts';

/** Uses of so many days are shown beside an operation. */
export const USED_DAYS = 30;

/**
 * From the gateway, whose code knows the tables as they are before the migrations; from D1 where it cannot be asked.
 *
 * @throws CommandFailure
 */
export async function readLiveOperations(
  sources: Pick<Deployment, 'd1' | 'gateway' | 'nowMs'>,
  report: Report,
): Promise<readonly LiveOperation[]> {
  const { origin, adminKey } = sources.gateway;
  if (adminKey === undefined) return liveOperationsOfD1(sources);
  try {
    const admin = createAdminClient(origin, adminKey);
    return (await admin.get(`/admin/live-operations?days=${USED_DAYS}`, liveOperationsAnswer)).operations;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    report(`${error.message}. The releases are read from D1`);
    return liveOperationsOfD1(sources);
  }
}

/** Works without the gateway. @throws CommandFailure */
export async function liveOperationsOfD1({
  d1,
  nowMs,
}: Pick<Deployment, 'd1' | 'nowMs'>): Promise<readonly LiveOperation[]> {
  const today = Math.floor(nowMs() / 86_400_000);
  const operations = await liveOperations(d1, today - USED_DAYS + 1);
  return liveOperationsAnswer.parse({ operations }).operations;
}
