/** The watch of each share of the traffic that a new version gets. */

import type { CanaryThresholds } from './judge/canary-thresholds.ts';
import { watchCanary } from './judge/watch-canary.ts';
import type { Watch } from './steps/share.ts';
import type { TargetName } from './targets.ts';
import { versionIds } from './version-ids.ts';

/** Production needs requests to be judged, and is held without them. Staging may have none. */
export const CANARY_THRESHOLDS: Readonly<Record<TargetName, CanaryThresholds>> = {
  staging: {
    ...{ lookSeconds: 15, minimumWatchSeconds: 90, watchSeconds: 180 },
    ...{ minimumRequests: 0, operationMinimumRequests: 20, falseAlarmRate: 0.005 },
  },
  production: {
    ...{ lookSeconds: 60, minimumWatchSeconds: 600, watchSeconds: 3600 },
    ...{ minimumRequests: 1000, operationMinimumRequests: 30, falseAlarmRate: 0.005 },
  },
};

export interface WatchOptions {
  lookSeconds?: number | undefined;
  /** The time after which a share is held; also the least time, if that is longer. */
  watchMinutes?: number | undefined;
}

export function canaryWatch(name: TargetName, { lookSeconds, watchMinutes }: WatchOptions): Watch {
  const standard = CANARY_THRESHOLDS[name];
  const watchSeconds = watchMinutes === undefined ? standard.watchSeconds : watchMinutes * 60;
  const thresholds: CanaryThresholds = {
    ...standard,
    watchSeconds,
    lookSeconds: lookSeconds ?? standard.lookSeconds,
    minimumWatchSeconds: Math.min(watchSeconds, standard.minimumWatchSeconds),
  };
  return (deployment, report, percent) => {
    const { db, sleep } = deployment;
    const { before: oldVersion, now: newVersion } = versionIds(deployment);
    return watchCanary({ db, oldVersion, newVersion, percent, sleep, report }, thresholds);
  };
}
