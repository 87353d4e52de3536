/** `retire`: ends releases. An operation that no other release carries is answered with 410 from then on. */
import { Command } from '@commander-js/extra-typings';
import { retiredReleases, stillUsed } from './admin-answers.ts';
import { AdminRefusal } from './admin-client.ts';
import { changeResult } from './change-result.ts';
import { nonEmpty, type Run } from './command.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { minute, shortId, unknownUses } from './printed-values.ts';
import { RANGE_HELP, releasesInRange } from './releases-in-range.ts';
import { table } from './table.ts';

export const retire = (run: Run) =>
  new Command('retire')
    .summary('Ends releases: what only they carry runs no more')
    .description(
      [
        'Refused where an operation that no other live release carries was used in the last 30 days, with a list of its clients. Operations that another one carries run on, so their use does not count.',
        'Retires all releases of the range or none. restore undoes it.',
      ].join('\n'),
    )
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <range>', RANGE_HELP, nonEmpty)
    .option('--force', 'even where they were used in the last 30 days')
    .action(({ client, version, force = false }) =>
      run(async (session) => {
        const gateway = session.gateway();
        const inRange = await releasesInRange(gateway, client, version);
        const body = { client, versions: inRange.versions, force };
        const change = await gateway
          .send('POST', '/admin/releases/retire', body, retiredReleases)
          .catch(explainUse);
        return changeResult('Retired:', change, inRange, [unknownUses(change.usesUnknownSince)]);
      }),
    );

function explainUse(error: unknown): never {
  const used = error instanceof AdminRefusal ? stillUsed.safeParse(error.extensions) : undefined;
  if (!(error instanceof AdminRefusal) || error.code !== 'STILL_USED' || !used?.success) throw error;
  const rows = used.data.usedBy
    .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt)
    // Clients that do not send their name and version have empty ones.
    .map(({ client, version, name, operationId, lastUsedAt }) => [
      ...[client || '-', version || '-', name, shortId(operationId), minute(lastUsedAt)],
    ]);
  const uses = table(['client', 'version', 'operation', 'id', 'last used'], rows);
  const message = [
    'Nothing is retired: operations that no other live release carries were used in the last 30 days.',
    uses,
    unknownUses(used.data.usesUnknownSince),
    '--force retires them all the same.',
  ].join('\n');
  throw new CommandFailure(EXIT.refused, [{ code: error.code, message }]);
}
