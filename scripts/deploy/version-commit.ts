import type { RemoteDatabase } from './database.ts';

/** The git commit of a version by the record of its deployment. Undefined where it was deployed by other means. */
export async function commitOfVersion(
  db: Pick<RemoteDatabase, 'query'>,
  versionId: string,
): Promise<string | undefined> {
  const tables = await db.query("SELECT 1 FROM sqlite_master WHERE name = 'deployment'");
  if (tables.length === 0) return undefined;
  const [row] = await db.query<{ git_commit: string }>(
    'SELECT git_commit FROM deployment WHERE version_now = ?1 ORDER BY started_at DESC LIMIT 1',
    [versionId],
  );
  return row?.git_commit;
}
