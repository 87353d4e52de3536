/** `retire`: ends releases. What no other release carries is answered with 410 from then on. */
import { releaseChange, stillUsed } from './admin-answers.ts';
import { AdminRefusal } from './admin-client.ts';
import type { Command } from './command.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { minute } from './points-in-time.ts';
import { changeResult, rangeOptions, versionsInRange } from './releases-in-range.ts';
import { shortId } from './short-id.ts';
import { table } from './table.ts';

export const retire: Command = {
  summary: 'Ends releases: what only they carry runs no more',
  options: {
    ...rangeOptions,
    force: { type: 'boolean', help: 'even where they were used in the last 30 days' },
  },
  details: [
    'Refused where an operation of such a release was used in the last 30 days, with a list of by whom.',
    'All of the range or nothing: one release in use keeps the others too.',
  ].join('\n'),
  async run(call) {
    const client = call.text('client');
    const gateway = call.gateway();
    const versions = await versionsInRange(gateway, client, call.text('version'));
    const change = await gateway
      .send('POST', '/admin/releases/retire', { client, versions, force: call.flag('force') }, releaseChange)
      .catch(sayByWhom);
    return changeResult('Retired:', change);
  },
};

function sayByWhom(error: unknown): never {
  const used = error instanceof AdminRefusal ? stillUsed.safeParse(error.extensions) : undefined;
  if (!(error instanceof AdminRefusal) || error.code !== 'STILL_USED' || !used?.success) throw error;
  // Clients that do not say who they are have empty names.
  const rows = table(
    [
      { title: 'client', text: ({ client }) => client || '-' },
      { title: 'version', text: ({ version }) => version || '-' },
      { title: 'operation', text: ({ operationId }) => shortId(operationId) },
      { title: 'last used', text: ({ lastUsedAt }) => minute(lastUsedAt) },
    ],
    used.data.usedBy.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt),
  );
  throw new CommandFailure(EXIT.refused, [
    {
      code: error.code,
      message: `Nothing is retired: used in the last 30 days.\n${rows}\n--force retires them all the same.`,
    },
  ]);
}
