/** The operation that a user names on the command line. */
import { liveOperations, type ShownOperation, shownOperation } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import { refusal } from './command-failure.ts';
import { releaseNames } from './printed-values.ts';

export const ID_HELP =
  'Takes an id. Takes a name or the beginning of an id too, if only one live operation has it.';

/** @throws CommandFailure where no operation is called so, or several are. */
export async function findOperation(gateway: AdminClient, wanted: string): Promise<ShownOperation> {
  const byId = (id: string) => gateway.find(`/admin/operations/${encodeURIComponent(id)}`, shownOperation);
  const exact = await byId(wanted);
  if (exact !== undefined) return exact;
  const { operations } = await gateway.get('/admin/live-operations?days=1', liveOperations);
  const matches = operations.filter(({ id, name }) => name === wanted || id.startsWith(wanted));
  if (matches.length > 1) {
    const ids = matches
      .map(({ id, name, releases }) => `\n  ${name}  ${id}  ${releaseNames(releases)}`)
      .join('');
    throw refusal('NOT_UNIQUE', `${matches.length} live operations are called ${wanted}:${ids}`);
  }
  const [only] = matches;
  const operation = only === undefined ? undefined : await byId(only.id);
  if (operation !== undefined) return operation;
  throw refusal('NOT_FOUND', `No operation has the id ${wanted}, and no live operation has that name.`);
}
