/** The division of a Worker's traffic, seen from a deployment. */
import type { LiveWorker, Share } from './deployed-worker.ts';
import type { DeploymentState } from './step.ts';

/**
 * `old` and `new`: all traffic on the version before, or on the new one. `split`: both are in the deployment, also one at 0 %.
 * `other`: a version of somebody else has a share.
 */
export type Stand = 'old' | 'new' | 'split' | 'other';

export function standOf(live: LiveWorker | undefined, state: DeploymentState): Stand {
  const shares = live?.shares ?? [];
  if (shares.length === 0) return state.versionBefore === null ? 'old' : 'other';
  const ids = shares.map(({ versionId }) => versionId);
  if (ids.length === 1 && ids[0] === state.versionBefore) return 'old';
  if (ids.length === 1 && ids[0] === state.versionNow) return 'new';
  const isOurs = ids.every((id) => id === state.versionBefore || id === state.versionNow);
  return isOurs ? 'split' : 'other';
}

/** Such as: 10 % of requests go to <id> (new), 90 % to <id> (old) */
export function trafficText(live: LiveWorker | undefined, state: DeploymentState): string {
  const shares = live?.shares ?? [];
  if (shares.length === 0) return 'no version serves';
  const named = shares.map(({ versionId, percent }) => ({
    percent,
    text: `${versionId}${roleOf(versionId, state)}`,
  }));
  return named
    .map(({ percent, text }, index) => `${percent} % ${index === 0 ? 'of requests go ' : ''}to ${text}`)
    .join(', ');
}

function roleOf(versionId: string, { versionBefore, versionNow }: DeploymentState): string {
  if (versionId === versionNow) return ' (new)';
  return versionId === versionBefore ? ' (old)' : '';
}

export const isSame = (left: readonly Share[], right: readonly Share[]): boolean =>
  left.length === right.length &&
  left.every(({ versionId, percent }) =>
    right.some((other) => other.versionId === versionId && other.percent === percent),
  );

/** Those that the live Worker has not. All of them where it has a tag that wrangler.toml has not, as wrangler does it. */
export const newMigrationTags = (tags: readonly string[], live: LiveWorker | undefined): readonly string[] =>
  tags.slice(tags.indexOf(live?.migrationTag ?? '') + 1);
