/** What `deprecate`, `retire` and `rollback` have in common: the releases they mean, and what they print. */
import { styleText } from 'node:util';
import { type ReleaseChange, releaseList } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import type { CommandOption, CommandResult } from './command.ts';
import { EXIT, refusal } from './command-failure.ts';
import { stateStyle } from './release-names.ts';
import { printable, table } from './table.ts';
import { inRange } from './version-range.ts';

export const rangeOptions: Readonly<Record<string, CommandOption>> = {
  client: { type: 'string', value: '<name>', help: 'the app: ios', required: true },
  version: {
    type: 'string',
    value: '<range>',
    help: "its releases: 4.9.1, or a semver range in quotes: '<5.0'",
    required: true,
  },
};

/**
 * Those too that are so already: asking again finishes what was written to D1 and did not reach KV.
 *
 * @throws CommandFailure where there are none: a typing error must not look like success.
 */
export async function versionsInRange(gateway: AdminClient, client: string, range: string) {
  const { releases } = await gateway.get('/admin/releases', releaseList);
  const ofClient = releases.filter((release) => release.client === client);
  if (ofClient.length === 0) throw refusal('NO_SUCH_RELEASE', `There are no releases of ${client}.`);
  const matching = inRange(ofClient, range);
  if (matching.length > 0) return matching.map(({ version }) => version);
  const versions = ofClient.map(({ version }) => version).join(', ');
  throw refusal('NO_SUCH_RELEASE', `No release of ${client} is ${range}; there are ${versions}.`);
}

export function changeResult(done: string, change: ReleaseChange): CommandResult {
  const { releases, operations, visibleEverywhereAt } = change;
  if (releases.length === 0)
    return { exitCode: EXIT.ok, text: 'Nothing changes: they are so already.', answer: change };
  const rows = table(
    [
      { title: 'client', text: ({ client }) => client },
      { title: 'version', text: ({ version }) => version },
      { title: 'state', text: ({ state }) => state, style: ({ state }) => stateStyle(state) },
    ],
    releases,
  );
  const ids = ([title, list]: readonly [string, string[]]) =>
    list.length === 0 ? [] : [`${title}:\n${list.map((id) => `  ${printable(id)}`).join('\n')}`];
  const text = [
    styleText('bold', done),
    rows,
    ...ids(['Operations that no live release carries now, refused with 410', operations.retired]),
    ...ids(['Operations that only deprecated releases carry now', operations.deprecated]),
    `Every location knows it from ${visibleEverywhereAt} on.`,
  ].join('\n\n');
  return { exitCode: EXIT.ok, text, answer: change };
}
