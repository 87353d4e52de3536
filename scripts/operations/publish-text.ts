/** What a publish did, for a reader. */
import { styleText } from 'node:util';
import type { CheckedOperation, ListedRelease, PublishedRelease } from './admin-answers.ts';
import type { Problem } from './command-failure.ts';
import { shortId } from './short-id.ts';
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
  const tooDear = new Set(overLimit.map(({ id }) => id));
  return table<CheckedOperation>(
    [
      { title: 'name', text: ({ name }) => name },
      { title: 'id', text: ({ id }) => shortId(id) },
      {
        title: 'cost',
        align: 'right',
        text: ({ id, cost }) => `${Math.ceil(cost)}${tooDear.has(id) ? ' over the limit' : ''}`,
        style: ({ id }) => (tooDear.has(id) ? 'yellow' : undefined),
      },
      { title: 'cache', align: 'right', text: ({ cachePolicy }) => lifetime(cachePolicy.maxAgeSeconds) },
      { title: 'scope', text: ({ cachePolicy }) => cachePolicy.scope },
      { title: 'tags', text: ({ cachePolicy }) => cachePolicy.tags.join(' ') || '-' },
    ],
    operations,
  );
}

export const lifetime = (maxAgeSeconds: number | null) =>
  maxAgeSeconds === null ? 'never' : `${maxAgeSeconds} s`;
