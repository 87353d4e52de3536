/** The division of traffic between versions, by `wrangler versions deploy`. */
import type { Share } from './deployed-worker.ts';
import { isSame } from './stand.ts';
import type { Deployment, Report } from './step.ts';
import { wranglerFailure } from './wrangler-failure.ts';

/**
 * When Durable Objects that are awake take the code of their new version. The platform's default is within 300 s: ledgers would run the code
 * of a version that was given up (developers.cloudflare.com/durable-objects/deployments/durable-objects-code-updates).
 */
type ObjectsFollow = 'immediate' | 'deferred 30s';

/**
 * Succeeds also where wrangler fails and the platform says that the traffic is so.
 *
 * @throws CommandFailure
 */
export async function setShares(
  { wrangler, worker, target, commit }: Pick<Deployment, 'wrangler' | 'worker' | 'target' | 'commit'>,
  shares: readonly Share[],
  objects: ObjectsFollow,
  report: Report,
): Promise<void> {
  const specs = shares.map(({ versionId, percent }) => `${versionId}@${percent}%`);
  const message = `commit ${commit}`;
  const ran = await wrangler([
    ...['versions', 'deploy', ...specs, '--yes', '--env', target.name, '--message', message],
    ...['--durable-objects-code-update-mode', objects],
  ]);
  if (ran.exitCode === 0) return;
  const failure = wranglerFailure(`The traffic was not set to ${specs.join(' ')}`, ran);
  const live = await worker.live().catch(() => undefined);
  if (live === undefined || !isSame(live.shares, shares)) throw failure;
  report(DONE_ALL_THE_SAME);
}

/** Wrangler failed, and the platform has the traffic as it was asked for. */
export const DONE_ALL_THE_SAME = 'wrangler failed, but the platform has done what it was asked for';

/** All traffic on one version. */
export const wholly = (versionId: string): readonly Share[] => [{ versionId, percent: 100 }];
