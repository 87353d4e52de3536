/** The records of deployments, as people read them. */
import { table } from '../operations/table.ts';
import type { DeploymentRecord, Outcome } from './record.ts';

const STYLES = {
  open: 'yellow',
  deployed: 'green',
  failed: 'red',
  regressed: 'red',
  rolled_back: 'yellow',
} as const satisfies Record<Outcome, string>;

/** The latest first. */
export function listText(records: readonly DeploymentRecord[]): string {
  if (records.length === 0) return 'Nothing was deployed yet.';
  return table(
    ['started', 'outcome', 'kind', 'commit', 'by', 'version', 'before', 'bookmark', 'reason'],
    records.map(({ startedAtSeconds, outcome, kind, commit, deployer, state, reason, steps }) => [
      new Date(startedAtSeconds * 1000).toISOString().slice(0, 16),
      {
        text: outcome === 'open' ? `open at ${steps.at(-1)?.name ?? 'its begin'}` : outcome,
        style: STYLES[outcome],
      },
      kind,
      commit.slice(0, 12),
      deployer,
      state.versionNow ?? '',
      state.versionBefore ?? '',
      state.bookmark ?? '',
      reason?.split('\n')[0] ?? '',
    ]),
  );
}
