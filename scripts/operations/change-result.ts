/** The results of `deprecate`, `retire`, `restore` and `rollback`. */
import { styleText } from 'node:util';
import type { ReleaseChange, RolledBack } from './admin-answers.ts';
import type { CommandResult } from './command.ts';
import { EXIT } from './command-failure.ts';
import { minute, operationList, purgeText, stateCell, stateNotes } from './printed-values.ts';
import type { ReleasesInRange } from './releases-in-range.ts';
import { printable, table } from './table.ts';

/** @param inRange the releases that the user named. @param notes sentences about the change. */
export function changeResult(
  title: string,
  change: ReleaseChange,
  inRange: ReleasesInRange,
  notes: readonly string[] = [],
): CommandResult {
  const changed = new Set(change.releases.map(({ version }) => version));
  const unchanged = inRange.releases.filter(({ version }) => !changed.has(version));
  const states = unchanged.map(({ client, version, state }) => printable(`${client} ${version} is ${state}`));
  if (changed.size === 0)
    return { exitCode: EXIT.ok, text: `Nothing changes: ${states.join(', ')}.`, answer: change };
  const text = [
    styleText('bold', title),
    table(
      ['client', 'version', 'state'],
      change.releases.map(({ client, version, state }) => [client, version, stateCell(state)]),
    ),
    ...(states.length > 0 ? [`Unchanged: ${states.join(', ')}.`] : []),
    ...effects(change),
    ...inRange.notes,
    ...notes,
    visible(change),
    ...purged(change),
  ].join('\n\n');
  return { exitCode: EXIT.ok, text, answer: change };
}

export function rollbackResult(change: RolledBack): CommandResult {
  const { releases, names, publishedAt, came, gone } = change;
  const text = [
    ...releases.flatMap(({ client, version, state }) => [
      `${styleText('bold', printable(`${client} ${version}`))} carries again what was published ${minute(publishedAt)} UTC: ${came.length} came, ${gone.length} gone.`,
      ...stateNotes(state),
    ]),
    ...operationList('Came into it', came, names),
    ...operationList('Gone from it', gone, names),
    ...effects(change),
    visible(change),
    ...purged(change),
  ].join('\n\n');
  return { exitCode: EXIT.ok, text, answer: change };
}

const effects = ({ operations, names }: ReleaseChange) => [
  ...operationList('Operations that run again without an end', operations.live, names),
  ...operationList('Operations that only deprecated releases carry now', operations.deprecated, names),
  ...operationList(
    'Operations that no live release carries now, refused with 410',
    operations.retired,
    names,
  ),
  ...operationList('Operations that no release carries now, refused with 404', operations.dropped, names),
];

const purged = ({ operations, purge }: ReleaseChange) =>
  operations.retired.length + operations.dropped.length === 0 ? [] : [purgeText(purge)];

const visible = ({ visibleEverywhereAt }: ReleaseChange) =>
  `Every location has the change from ${visibleEverywhereAt} on.`;
