/** `audit`: the requests that were refused or that `safelist` would have refused, with their clients and reasons. */
import { Command } from '@commander-js/extra-typings';
import { refusalCounts } from './admin-answers.ts';
import { daysOption, type Run } from './command.ts';
import { EXIT } from './command-failure.ts';
import { minute, shortId } from './printed-values.ts';
import { table } from './table.ts';

const AUDIT_PREFIX = 'audit:';
const TITLES = ['client', 'version', 'outcome', 'reason', 'operation', 'id', 'count', 'last seen'];

export const audit = (run: Run) =>
  new Command('audit')
    .summary('Shows what was refused, or would be in safelist mode, by client, version and reason')
    .description(
      [
        'The outcome is "refused", or "ran" for a request that safelist mode would have refused.',
        'If several rules have one error code, the reason names the rule: OPERATION_TOO_COMPLEX:depth.',
        'A request that audit mode lets pass and a limit then refuses is counted as both.',
      ].join('\n'),
    )
    .addOption(daysOption())
    .action(({ days }) =>
      run(async ({ gateway }) => {
        const { refusals } = await gateway().get(`/admin/audit?days=${days}`, refusalCounts);
        const sorted = refusals.toSorted((a, b) => b.count - a.count);
        const rows = sorted.map(({ client, version, reason, documentId, name, count, lastSeen }) => [
          client ?? '-',
          version ?? '-',
          reason.startsWith(AUDIT_PREFIX) ? 'ran' : 'refused',
          reason.replace(AUDIT_PREFIX, ''),
          name ?? '-',
          documentId === null ? '-' : shortId(documentId),
          count,
          minute(lastSeen),
        ]);
        const text =
          rows.length === 0
            ? `Nothing was refused in the last ${days} days, and safelist mode would have refused nothing.`
            : table(TITLES, rows, ['count']);
        return { exitCode: EXIT.ok, text, answer: { days, refusals: sorted } };
      }),
    );
