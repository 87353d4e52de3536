/** The refusals of `publish`, with the names of the operations that they are about. */
import { refusedOperations, releaseDiffers, unknownOperations } from './admin-answers.ts';
import { AdminRefusal } from './admin-client.ts';
import { CommandFailure, EXIT, type Problem } from './command-failure.ts';
import type { ManifestOperation } from './manifest-operation.ts';
import { operationList } from './printed-values.ts';

export function nothingPublished(problems: readonly Problem[], operations: readonly ManifestOperation[]) {
  const names = new Map(operations.map(({ id, name }) => [id, name]));
  const named = problems.map(({ id, code, message }) => ({
    ...(id === undefined ? {} : { id }),
    code,
    message: id === undefined ? message : `${names.get(id) ?? 'operation'} (${id}): ${code}: ${message}`,
  }));
  const onlyCost = problems.every(({ code }) => code === 'COST_EXCEEDED');
  const advice = onlyCost ? ' --force publishes it as it is.' : '';
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new CommandFailure(EXIT.refused, [
    ...named,
    { code: 'NOTHING_PUBLISHED', message: `Nothing is published: ${count}.${advice}` },
  ]);
}

/** Names the operations that a refusal to store is about. */
export const explainStoreRefusal =
  (operations: readonly ManifestOperation[]) =>
  (error: unknown): never => {
    const refused = error instanceof AdminRefusal && refusedOperations.safeParse(error.extensions).data;
    throw refused ? nothingPublished(refused.problems, operations) : error;
  };

/** Names the operations that a refusal of the release is about. */
export const explainReleaseRefusal =
  (operations: readonly ManifestOperation[]) =>
  (error: unknown): never => {
    if (!(error instanceof AdminRefusal)) throw error;
    const details = refusalDetails(error, operations);
    if (details.length === 0) throw error;
    const message = details.join('\n');
    throw new CommandFailure(EXIT.refused, [...error.problems, { code: 'NOTHING_PUBLISHED', message }]);
  };

function refusalDetails(
  { code, extensions }: AdminRefusal,
  operations: readonly ManifestOperation[],
): string[] {
  if (code === 'UNKNOWN_OPERATIONS')
    return operationList('Nothing is published. Not stored', unknownOperations.parse(extensions).ids, [
      ...operations,
    ]);
  if (code !== 'RELEASE_DIFFERS') return [];
  const { added, gone, names } = releaseDiffers.parse(extensions);
  const allNames = [...operations, ...names];
  return [
    `Nothing is published. ${added.length} would come into it, ${gone.length} would go.`,
    ...operationList('Would come', added, allNames),
    ...operationList('Would go', gone, allNames),
    '--replace puts this in its place.',
  ];
}
