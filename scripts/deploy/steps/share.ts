import { CommandFailure, EXIT, refusal } from '../../operations/command-failure.ts';
import type { LiveWorker } from '../deployed-worker.ts';
import type { Verdict } from '../judge/verdict.ts';
import { retryOnFailure } from '../retry.ts';
import { setShares } from '../set-shares.ts';
import { isSame, standOf, trafficText } from '../stand.ts';
import type { Deployment, DeploymentState, Report, Step } from '../step.ts';
import { versionIds } from '../version-ids.ts';

/** Compares the new version, which gets so many percent of the requests, with the one before, from now on. */
export type Watch = (deployment: Deployment, report: Report, percent: number) => Promise<Verdict>;

/** The new version is not known to be worse, and not known to be well: people decide, or more requests do. */
export class Held extends CommandFailure {
  constructor(reasons: readonly string[]) {
    const lines = [
      'The new version is held:',
      ...indented(reasons),
      'The next run watches it again; --promote goes on without.',
    ];
    super(EXIT.refused, [{ code: 'HELD', message: lines.join('\n') }]);
    this.name = 'Held';
  }
}

/** The new version is worse than the one before. */
export class Regressed extends CommandFailure {
  constructor(findings: readonly string[]) {
    const message = ['The new version is worse than the one before:', ...indented(findings)].join('\n');
    super(EXIT.refused, [{ code: 'REGRESSED', message }]);
    this.name = 'Regressed';
  }
}

const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}`);

/** @param watch undefined where the next step may follow at once */
export function share(percent: number, watch?: Watch): Step {
  return {
    name: `${percent} %`,
    movesTraffic: true,
    describe: () =>
      `give the new version ${percent} % of the requests${watch === undefined ? '' : ', and compare its errors and p95 with those of the version before'}`,
    async run(deployment, report) {
      const { worker, state, sleep } = deployment;
      const look = () => retryOnFailure(() => worker.live(), { sleep, report });
      const { before, now } = versionIds(deployment);
      const live = await look();
      const stand = standOf(live, state);
      if (stand === 'other') throw changedMeanwhile(live, state);
      if (stand === 'new' && percent < 100) return report('somebody has given it all requests already');
      const old = { versionId: before, percent: 100 - percent };
      const shares = [{ versionId: now, percent }, ...(percent === 100 ? [] : [old])];
      if (live === undefined || !isSame(live.shares, shares))
        await setShares(deployment, shares, 'deferred 30s', report);
      if (watch === undefined) return;
      const verdict = await watch(deployment, report, percent);
      switch (verdict.kind) {
        case 'promote': {
          const seen = await look();
          if (seen === undefined || !isSame(seen.shares, shares)) throw changedMeanwhile(seen, state);
          return;
        }
        case 'hold':
          throw new Held(verdict.reasons);
        case 'regress':
          throw new Regressed(verdict.findings);
        default:
          verdict satisfies never;
      }
    },
  };
}

/** A rollback by hand, for one, is not to be undone by a run that has not heard of it. */
function changedMeanwhile(live: LiveWorker | undefined, state: DeploymentState): CommandFailure {
  const change =
    standOf(live, state) === 'other' ? 'Another version was deployed' : 'Somebody has changed the traffic';
  return refusal('CHANGED', `${change} meanwhile: ${trafficText(live, state)}.`);
}
