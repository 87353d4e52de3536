/** `restore`: makes deprecated and retired releases published again. */
import { Command } from '@commander-js/extra-typings';
import { releaseChange } from './admin-answers.ts';
import { changeResult } from './change-result.ts';
import { nonEmpty, type Run } from './command.ts';
import { RANGE_HELP, releasesInRange } from './releases-in-range.ts';

export const restore = (run: Run) =>
  new Command('restore')
    .summary('Undoes deprecate and retire: the releases are published again')
    .description('A release that was deprecated before it was retired has no sunset afterwards.')
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <range>', RANGE_HELP, nonEmpty)
    .action(({ client, version }) =>
      run(async (session) => {
        const gateway = session.gateway();
        const inRange = await releasesInRange(gateway, client, version);
        const body = { client, versions: inRange.versions };
        return changeResult(
          'Restored:',
          await gateway.send('POST', '/admin/releases/restore', body, releaseChange),
          inRange,
        );
      }),
    );
