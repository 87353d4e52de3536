/** `rollback`: gives a release the content that it had before it was last published. */
import { Command } from '@commander-js/extra-typings';
import { rolledBack } from './admin-answers.ts';
import { rollbackResult } from './change-result.ts';
import { nonEmpty, type Run } from './command.ts';

export const rollback = (run: Run) =>
  new Command('rollback')
    .summary('Puts a release back to what was published before')
    .description(
      [
        'Refused where the release was published only once: retire ends it.',
        'A deprecated or retired release stays so: restore makes it published again.',
      ].join('\n'),
    )
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <version>', 'its release: 5.2.0', nonEmpty)
    .action((release) =>
      run(async ({ gateway }) =>
        rollbackResult(await gateway().send('POST', '/admin/releases/rollback', release, rolledBack)),
      ),
    );
