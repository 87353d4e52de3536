/** `list`: the releases that the gateway knows, and how alive they are. */
import { Command } from '@commander-js/extra-typings';
import { releaseList } from './admin-answers.ts';
import { nonEmpty, type Run } from './command.ts';
import { EXIT } from './command-failure.ts';
import { changeAndKey, day, minute, shortId, stateCell, steeringText } from './printed-values.ts';
import { table } from './table.ts';

const TITLES = [
  'client',
  'version',
  'state',
  'operations',
  'published',
  'last used',
  'sunset',
  'last change',
];

export const list = (run: Run) =>
  new Command('list')
    .summary(
      'Lists the releases: their state, operations, last use, and last change with the key that made it',
    )
    .description(
      'A use of an operation counts for every release that carries it, because caches answer without the gateway.',
    )
    .option('--client <name>', 'only of this app', nonEmpty)
    .action(({ client }) =>
      run(async ({ gateway }) => {
        const { releases: all, steered } = await gateway().get('/admin/releases', releaseList);
        const releases = all.filter((release) => client === undefined || release.client === client);
        const rows = releases.map((release) => [
          release.client,
          release.version,
          stateCell(release.state),
          release.operations,
          minute(release.publishedAt),
          minute(release.lastUsedAt),
          day(release.sunset),
          changeAndKey(release.lastChange),
        ]);
        const changes = steered.map(({ id, name, ...steering }) => [
          ...[name, shortId(id), steeringText(steering).join(', ')],
        ]);
        const text = [
          rows.length === 0 ? 'No releases.' : table(TITLES, rows, ['operations']),
          ...(changes.length === 0 ? [] : [table(['operation', 'id', 'state'], changes)]),
        ].join('\n\n');
        return { exitCode: EXIT.ok, text, answer: { releases, steered } };
      }),
    );
