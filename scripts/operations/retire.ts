/** `retire`: ends releases. An operation that no other release carries is answered with 410 from then on. */
import { Command } from '@commander-js/extra-typings';
import { releaseChange, stillUsed } from './admin-answers.ts';
import { AdminRefusal } from './admin-client.ts';
import { nonEmpty, type Run } from './command.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { minute, shortId } from './printed-values.ts';
import { changeResult, RANGE_HELP, versionsInRange } from './releases-in-range.ts';
import { table } from './table.ts';

export const retire = (run: Run) =>
  new Command('retire')
    .summary('Ends releases: what only they carry runs no more')
    .description(
      [
        'Refused where an operation of such a release was used in the last 30 days, with a list of its clients.',
        'Retires all releases of the range or none: one release in use keeps the others too.',
      ].join('\n'),
    )
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <range>', RANGE_HELP, nonEmpty)
    .option('--force', 'even where they were used in the last 30 days')
    .action(({ client, version, force = false }) =>
      run(async (session) => {
        const gateway = session.gateway();
        const versions = await versionsInRange(gateway, client, version);
        const body = { client, versions, force };
        const change = await gateway
          .send('POST', '/admin/releases/retire', body, releaseChange)
          .catch(explainUse);
        return changeResult('Retired:', change);
      }),
    );

function explainUse(error: unknown): never {
  const used = error instanceof AdminRefusal ? stillUsed.safeParse(error.extensions) : undefined;
  if (!(error instanceof AdminRefusal) || error.code !== 'STILL_USED' || !used?.success) throw error;
  const rows = used.data.usedBy
    .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt)
    // Clients that do not send their name and version have empty ones.
    .map((use) => [use.client || '-', use.version || '-', shortId(use.operationId), minute(use.lastUsedAt)]);
  const uses = table(['client', 'version', 'operation', 'last used'], rows);
  throw new CommandFailure(EXIT.refused, [
    {
      code: error.code,
      message: `Nothing is retired: used in the last 30 days.\n${uses}\n--force retires them all the same.`,
    },
  ]);
}
