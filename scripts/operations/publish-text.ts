/** The result of `publish` as text. */
import { styleText } from 'node:util';
import type { CheckedOperation, PublishedRelease } from './admin-answers.ts';
import type { Problem } from './command-failure.ts';
import { lifetime, operationList, shortId, stateNotes } from './printed-values.ts';
import { printable, table } from './table.ts';

export interface PublishAnswer extends Omit<PublishedRelease, 'new'> {
  client: string;
  version: string;
  dryRun: boolean;
  /** New to the registry. */
  new: CheckedOperation[];
  overLimit: Problem[];
  warnings: string[];
}

export function publishText(answer: PublishAnswer): string {
  const { client, version, dryRun, changed, visibleEverywhereAt, added, unchanged, gone, dropped, names } =
    answer;
  const release = styleText('bold', printable(`${client} ${version}`));
  const parts = [
    changed
      ? `${release} ${dryRun ? 'would be' : 'is'} published: ${operationCounts(answer)}.`
      : `${release} is the same already: nothing changes.`,
    ...stateNotes(answer.state),
    ...answer.warnings.map((warning) => styleText('yellow', printable(warning))),
  ];
  if (changed) {
    const newIds = new Set(answer.new.map(({ id }) => id));
    const cameFromOthers = added.filter((id) => !newIds.has(id));
    if (newIds.size > 0) parts.push(`New:\n${newOperations(answer)}`);
    // All that a release carries came into it with its first publish.
    if (unchanged.length + gone.length > 0)
      parts.push(...operationList('Came into it from other releases', cameFromOthers, names));
    parts.push(...operationList('Gone from it', gone, names));
    parts.push(...operationList('No release carries now, refused with 404', dropped, names));
    if (!dryRun) parts.push(`Every location serves it from ${visibleEverywhereAt} on.`);
  }
  if (dryRun) parts.push('Nothing is stored.');
  return parts.join('\n\n');
}

/** New to the registry, new in the release alone, in it before, and no longer in it. */
const operationCounts = ({ new: fresh, added, unchanged, gone }: PublishAnswer) =>
  `${fresh.length} new, ${added.length - fresh.length} known from other releases, ${unchanged.length} unchanged, ${gone.length} gone`;

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
