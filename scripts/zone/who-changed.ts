/** Who changed what differs, by the account's audit log. */
import type { AuditListResponse } from 'cloudflare/resources/accounts/logs/audit';
import { CommandFailure } from '../operations/command-failure.ts';
import { printable } from '../operations/table.ts';
import { askPlatform } from '../platform/platform-client.ts';
import type { ZoneChange } from './diff-zone.ts';
import { permissionText, READ_AUDIT_LOG } from './permissions.ts';
import { nameOfChange } from './print-plan.ts';
import type { ZoneClient } from './zone-client.ts';

const LOOK_BACK_MS = 30 * 86_400_000;
const ENTRIES_PER_PAGE = 1000;

/** One line for each change that the log knows of, or why it cannot be read: the difference itself is told all the same. */
export async function whoChanged(
  { client, accountId: account_id, zoneId }: ZoneClient,
  changes: readonly ZoneChange[],
  nowMs: number,
): Promise<string[]> {
  if (changes.length === 0) return [];
  const span = {
    since: new Date(nowMs - LOOK_BACK_MS).toISOString(),
    before: new Date(nowMs).toISOString(),
  };
  const query = { account_id, ...span, direction: 'desc', limit: ENTRIES_PER_PAGE } as const;
  try {
    const { result } = await askPlatform(
      'Who changed it is not known',
      async () => client.accounts.logs.audit.list(query),
      permissionText(READ_AUDIT_LOG),
    );
    const writes = result.filter(({ action }) => action?.type !== 'view' && action?.result !== 'failure');
    return changes.flatMap((change) => {
      const entry = writes.find((one) => idsOf(change).some((id) => isAbout(one, id, zoneId)));
      return entry === undefined ? [] : [printable(`${nameOfChange(change)}: ${actorText(entry)}`)];
    });
  } catch (error) {
    if (error instanceof CommandFailure) return [error.message];
    throw error;
  }
}

function idsOf(change: ZoneChange): string[] {
  if (change.action === 'rules')
    return [change.phase, ...(change.ruleset === null ? [] : [change.ruleset.id])];
  if (change.action === 'add') return [];
  return [change.found.id];
}

/** Names of settings and phases are the same in each zone. */
function isAbout({ resource, raw, zone }: AuditListResponse, id: string, zoneId: string): boolean {
  const parts = raw?.uri?.split(/[/?]/) ?? [];
  const zoneNamed = zone?.id ?? parts[parts.indexOf('zones') + 1];
  if (parts.includes('zones') && zoneNamed !== zoneId) return false;
  return resource?.id === id || parts.includes(id);
}

function actorText({ actor, action }: AuditListResponse): string {
  const who = actor?.email ?? actor?.token_name ?? actor?.type ?? 'somebody';
  const way = actor?.context === undefined ? '' : ` (${actor.context})`;
  return `last changed by ${who}${way}, ${(action?.time ?? '').slice(0, 16).replace('T', ' ')} UTC`;
}
