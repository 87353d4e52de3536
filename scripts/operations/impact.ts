/** `impact`: what retiring releases would break, and for whom. It changes nothing. */
import { styleText } from 'node:util';
import { Command } from '@commander-js/extra-typings';
import { type RetirementImpact, retirementImpact } from './admin-answers.ts';
import { daysOption, nonEmpty, type Run } from './command.ts';
import { EXIT } from './command-failure.ts';
import { minute, shortId, unknownUses } from './printed-values.ts';
import { RANGE_HELP, type ReleasesInRange, releasesInRange } from './releases-in-range.ts';
import { printable, table } from './table.ts';

export const impact = (run: Run) =>
  new Command('impact')
    .summary('Shows what retiring releases would break: which operations, for whom, last used when')
    .description(
      'Operations that another live release carries do not end, whoever uses them. Nothing changes; retire does it.',
    )
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <range>', RANGE_HELP, nonEmpty)
    .addOption(daysOption())
    .action(({ client, version, days }) =>
      run(async (session) => {
        const gateway = session.gateway();
        const inRange = await releasesInRange(gateway, client, version);
        const body = { client, versions: inRange.versions };
        const path = `/admin/releases/impact?days=${days}`;
        const answer = await gateway.send('POST', path, body, retirementImpact);
        return { exitCode: EXIT.ok, text: impactText(answer, inRange, client, days), answer };
      }),
    );

function impactText(
  { ending, usedBy, livingOn, usesUnknownSince, isInUse }: RetirementImpact,
  { versions, notes }: ReleasesInRange,
  client: string,
  days: number,
): string {
  const releases = printable(`${client} ${versions.join(', ')}`);
  const uses = `uses in ${days} days`;
  const rows = ending.map(({ id, name, kind, count, lastUsedAt }) => [
    ...[name, kind, shortId(id), count, minute(lastUsedAt)],
  ]);
  // Clients that do not send their name and version have empty ones.
  const users = usedBy.map(({ client: name, version, name: operation, operationId, count, lastUsedAt }) => [
    ...[name || '-', version || '-', operation, shortId(operationId), count, minute(lastUsedAt)],
  ]);
  return [
    styleText(
      'bold',
      `Operations that would end by retiring ${releases}: ${ending.length}. Others live on in other releases: ${livingOn}.`,
    ),
    ...(rows.length === 0 ? [] : [table(['operation', 'kind', 'id', uses, 'last used'], rows, [uses])]),
    ...(users.length === 0
      ? []
      : [`Used by:\n${table(['client', 'version', 'operation', 'id', uses, 'last used'], users, [uses])}`]),
    isInUse
      ? styleText(
          'yellow',
          'retire would refuse, because of uses in the last 30 days: --force overrides that.',
        )
      : styleText('green', 'retire would not refuse.'),
    ...notes,
    unknownUses(usesUnknownSince),
    'Nothing is changed.',
  ].join('\n\n');
}
