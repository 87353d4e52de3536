/** `rollback`: gives a release the content that it had before it was last published. */
import { Command } from '@commander-js/extra-typings';
import { releaseChange } from './admin-answers.ts';
import { nonEmpty, type Run } from './command.ts';
import { changeResult } from './releases-in-range.ts';

export const rollback = (run: Run) =>
  new Command('rollback')
    .summary('Puts a release back to what was published before')
    .description('Refused where the release was published only once: retire ends it.')
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <version>', 'its release: 5.2.0', nonEmpty)
    .action((release) =>
      run(async ({ gateway }) =>
        changeResult(
          'Rolled back:',
          await gateway().send('POST', '/admin/releases/rollback', release, releaseChange),
        ),
      ),
    );
