/** The local D1. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runNode, WRANGLER } from './run-command.ts';

/** Creates and migrates it, and deletes the leases of an earlier run. */
export async function migrateDatabase(stateFolder: string, signal: AbortSignal): Promise<void> {
  const d1 = (...command: string[]) =>
    runNode(
      [WRANGLER, 'd1', ...command, '--local', '--env', 'development', '--persist-to', stateFolder],
      signal,
    );
  const existed = existsSync(path.join(stateFolder, 'v3', 'd1'));
  await d1('migrations', 'apply', 'DB');
  // No gateway runs on this state yet, so a lease belongs to a sync whose gateway was stopped. It would block the
  // first sync for minutes.
  if (existed) await d1('execute', 'DB', '--command', 'DELETE FROM sync_lease');
}
