/** The result of `publish` as text. */
import { styleText } from 'node:util';
import type { CheckedOperation, ListedRelease, PublishedRelease } from './admin-answers.ts';
import type { Problem } from './command-failure.ts';
import { lifetime, shortId } from './printed-values.ts';
import { printable, table } from './table.ts';

export interface PublishAnswer extends Omit<PublishedRelease, 'new'> {
  client: string;
  version: string;
  state: ListedRelease['state'];
  dryRun: boolean;
  new: CheckedOperation[];
  overLimit: Problem[];
}

export function publishText(answer: PublishAnswer): string {
  const { client, version, dryRun, changed, visibleEverywhereAt } = answer;
  const release = printable(`${client} ${version}`);
  const counts = `${answer.new.length} new, ${answer.unchanged.length} unchanged, ${answer.gone.length} gone`;
  const outcome = dryRun ? 'would be published' : 'is published';
  const parts = [
    changed
      ? `${styleText('bold', release)} ${outcome}: ${counts}.`
      : `${styleText('bold', release)} is the same already: nothing changes.`,
  ];
  if (answer.state !== 'published')
    parts.push(styleText('yellow', `It is ${answer.state}. --replace publishes it again.`));
  if (changed && answer.new.length > 0) parts.push(`New:\n${newOperations(answer)}`);
  if (changed && answer.gone.length > 0)
    parts.push(`Gone from it:\n${answer.gone.map((id) => `  ${printable(id)}`).join('\n')}`);
  if (changed && !dryRun) parts.push(`Every location serves it from ${visibleEverywhereAt} on.`);
  if (dryRun) parts.push('Nothing is stored.');
  return parts.join('\n\n');
}

function newOperations({ new: operations, overLimit }: PublishAnswer): string {
  const idsOverLimit = new Set(overLimit.map(({ id }) => id));
  const rows = operations.map(({ id, name, cost, cachePolicy }) => [
    name,
    shortId(id),
    idsOverLimit.has(id)
      ? { text: `${Math.ceil(cost)} over the limit`, style: 'yellow' as const }
      : Math.ceil(cost),
    lifetime(cachePolicy.maxAgeSeconds),
    cachePolicy.scope,
    cachePolicy.tags.join(' ') || '-',
  ]);
  return table(['name', 'id', 'cost', 'cache', 'scope', 'tags'], rows, ['cost', 'cache']);
}
