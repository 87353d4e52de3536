/** The local D1: made, migrated, and free of what a run that was cut off left behind. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runNode, WRANGLER } from './run-command.ts';

export async function migrateDatabase(stateFolder: string, signal: AbortSignal): Promise<void> {
  const d1 = (...command: string[]) =>
    runNode(
      [WRANGLER, 'd1', ...command, '--local', '--env', 'development', '--persist-to', stateFolder],
      signal,
    );
  const existed = existsSync(path.join(stateFolder, 'v3', 'd1'));
  await d1('migrations', 'apply', 'DB');
  // No gateway runs on this state yet, so a lease is one that a sync left when its gateway was stopped; kept, it
  // would keep the first sync out for minutes.
  if (existed) await d1('execute', 'DB', '--command', 'DELETE FROM sync_lease');
}
