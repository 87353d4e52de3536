/** Makes the changes of a zone, one after another. */
import type { PhaseUpdateParams } from 'cloudflare/resources/rulesets/phases/phases';
import { CommandFailure, refusal } from '../operations/command-failure.ts';
import { askPlatform } from '../platform/platform-client.ts';
import type { PhaseChange } from './diff-phase.ts';
import type { ItemChange, ZoneChange } from './diff-zone.ts';
import { ONCE } from './kind-access/kind-access.ts';
import { KIND_ACCESS } from './kinds.ts';
import { PHASE_PERMISSIONS, permissionText } from './permissions.ts';
import { nameOfChange } from './print-plan.ts';
import { phaseOf, readPhase } from './read-zone.ts';
import { translateReferences } from './references.ts';
import type { ZoneClient } from './zone-client.ts';
import type { FoundItem } from './zone-items.ts';

/**
 * Stops at the first failure; a run again reads what is there and goes on.
 *
 * @param found gives the ids of what is there.
 * @param report gets a line for each change that is done.
 * @throws CommandFailure that says what failed, what was done and what was not.
 */
export async function applyChanges(
  api: ZoneClient,
  changes: readonly ZoneChange[],
  found: readonly FoundItem[],
  report: (line: string) => void,
): Promise<void> {
  const ids = new Map(found.map(({ kind, key, id }) => [`${kind} ${key}`, id]));
  for (const [index, change] of changes.entries()) {
    try {
      if (change.action === 'rules') await putRules(api, change);
      else await applyItem(api, change, ids);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      throw stopped(error, changes, index);
    }
    report(nameOfChange(change));
  }
}

function stopped(failure: CommandFailure, changes: readonly ZoneChange[], done: number): CommandFailure {
  const notDone = changes.slice(done).map((change) => `  ${nameOfChange(change)}`);
  const message = [
    failure.message,
    `${done} of ${changes.length} changes are done. Not done:`,
    ...notDone,
    'A run again reads what is there and goes on.',
  ].join('\n');
  return new CommandFailure(failure.exitCode, [{ code: 'ZONE_STOPPED', message }]);
}

async function applyItem(api: ZoneClient, change: ItemChange, ids: Map<string, string>): Promise<void> {
  const { kind, key } = change.action === 'remove' ? change.found : change.item;
  const access = KIND_ACCESS[kind];
  const apply = async () => {
    if (change.action === 'remove') {
      await access.remove(api, change.found);
      return;
    }
    const fields = translateReferences(kind, change.item.fields, (referred, name) =>
      ids.get(`${referred} ${name}`),
    );
    if (change.action === 'change') await access.change(api, change.found, fields);
    else ids.set(`${kind} ${key}`, await access.create(api, fields));
  };
  await askPlatform(`${kind} ${key}`, apply, permissionText(...access.permissions));
}

/**
 * One call sends all rules of a phase, those by hand as they were read. The API has no condition for it, so the version is read right
 * before, and what it gives back must be the next one: both tell of somebody else who changes the phase at the same time.
 */
async function putRules(api: ZoneClient, { phase, ruleset, rules }: PhaseChange): Promise<void> {
  const { ruleset: present } = await readPhase(api, phase);
  if (present?.version !== ruleset?.version) {
    throw refusal(
      'CHANGED_MEANWHILE',
      `Rules of ${phase}: somebody changed them since they were read (version ${ruleset?.version ?? 'none'} then, ${present?.version ?? 'none'} now). Nothing of the phase is changed.`,
    );
  }
  const about = ruleset === null ? {} : { name: ruleset.name, description: ruleset.description };
  const params = { zone_id: api.zoneId, ...about, rules: [...rules] } as PhaseUpdateParams;
  const answer = await askPlatform(
    `Rules of ${phase}`,
    async () => api.client.rulesets.phases.update(phase, params, ONCE),
    permissionText(PHASE_PERMISSIONS[phase]),
  );
  const version = phaseOf(phase, answer).ruleset?.version;
  const next = String(Number(ruleset?.version ?? 0) + 1);
  if (version === next) return;
  throw refusal(
    'CHANGED_MEANWHILE',
    `Rules of ${phase}: somebody changed them in the same moment: this is version ${version}, and not ${next}. The versions between are overwritten; compare them: GET /zones/${api.zoneId}/rulesets/${ruleset?.id ?? 'the ruleset'}/versions.`,
  );
}
