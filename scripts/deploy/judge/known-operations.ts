/** The names and kinds of operations, and the releases that carry them. */
import type { RowSource } from './new-rows.ts';

export interface KnownOperation {
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  releases: readonly { client: string; version: string; state: string }[];
}

/** Operations by their ids. */
export type KnownOperations = ReadonlyMap<string, KnownOperation>;

const RELEASES_MAX = 5;

const NAMES_SQL = `SELECT id, name, kind, coalesce((SELECT json_group_array(json_array(client, version, state)) FROM (
    SELECT client, version, state FROM publish_operation JOIN release USING (publish_id)
    WHERE operation_id = operation.id AND state <> 'retired' ORDER BY client, version DESC LIMIT ${RELEASES_MAX})), '[]') AS releases
  FROM operation WHERE id IN (SELECT value FROM json_each(?1))`;

/** Reads the operations of these ids. Ids that are not registered are left out. */
export async function knownOperations(
  db: RowSource,
  operationIds: readonly string[],
): Promise<KnownOperations> {
  if (operationIds.length === 0) return new Map();
  const rows = await db.query<Omit<KnownOperation, 'releases'> & { id: string; releases: string }>(
    NAMES_SQL,
    [JSON.stringify(operationIds)],
  );
  return new Map(rows.map(({ id, releases, ...rest }) => [id, { ...rest, releases: releasesOf(releases) }]));
}

/** SQLite has made the JSON. */
const releasesOf = (json: string): KnownOperation['releases'] =>
  (JSON.parse(json) as [string, string, string][]).map(([client, version, state]) => ({
    client,
    version,
    state,
  }));
