/** `usage`: the clients that run each operation, how often, and when last. */
import { Command } from '@commander-js/extra-typings';
import { operationUsage } from './admin-answers.ts';
import { daysOption, nonEmpty, type Run } from './command.ts';
import { EXIT } from './command-failure.ts';
import { minute, shortId } from './printed-values.ts';
import { table } from './table.ts';

const TITLES = ['operation', 'id', 'client', 'version', 'count', 'first used', 'last used'];

export const usage = (run: Run) =>
  new Command('usage')
    .summary('Shows which client runs which operation, how often and when last')
    .description(
      [
        'Client and version are the names that requests give themselves. Answers from a cache in front of the gateway are not counted.',
        'A use is visible after a minute, with the next request. An isolate that ends loses the uses that it has not written yet.',
      ].join('\n'),
    )
    .option('--client <name>', 'only of this app', nonEmpty)
    .addOption(daysOption())
    .action(({ client, days }) =>
      run(async ({ gateway }) => {
        const query = new URLSearchParams({
          days: String(days),
          ...(client === undefined ? {} : { client }),
        });
        const answer = await gateway().get(`/admin/usage?${query}`, operationUsage);
        const sorted = answer.usage.toSorted((a, b) => b.count - a.count);
        const rows = sorted.map((use) => [
          use.name ?? '-',
          shortId(use.operationId),
          use.client ?? '-',
          use.version ?? '-',
          use.count,
          minute(use.firstSeen),
          minute(use.lastSeen),
        ]);
        const text = rows.length === 0 ? `No use in the last ${days} days.` : table(TITLES, rows, ['count']);
        return { exitCode: EXIT.ok, text, answer: { days, usage: sorted } };
      }),
    );
