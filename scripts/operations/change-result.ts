/** The results of `deprecate`, `retire`, `restore` and `rollback`. */
import { styleText } from 'node:util';
import type { ReleaseChange, RolledBack } from './admin-answers.ts';
import type { CommandResult } from './command.ts';
import { EXIT } from './command-failure.ts';
import { minute, operationList, stateCell, stateNotes } from './printed-values.ts';
import { printable, table } from './table.ts';

/** @param notes sentences about the change. */
export function changeResult(
  title: string,
  change: ReleaseChange,
  notes: readonly string[] = [],
): CommandResult {
  const { releases } = change;
  if (releases.length === 0)
    return { exitCode: EXIT.ok, text: 'Nothing changes: they are so already.', answer: change };
  const text = [
    styleText('bold', title),
    table(
      ['client', 'version', 'state'],
      releases.map(({ client, version, state }) => [client, version, stateCell(state)]),
    ),
    ...effects(change),
    ...notes,
    visible(change),
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

const visible = ({ visibleEverywhereAt }: ReleaseChange) =>
  `Every location has the change from ${visibleEverywhereAt} on.`;
