/** The names of operations, and the releases that carry them. */
import type { RowSource } from './new-rows.ts';

export interface KnownOperation {
  name: string;
  releases: readonly { client: string; version: string; state: string }[];
}

/** By id. */
export type KnownOperations = ReadonlyMap<string, KnownOperation>;

const RELEASES_MAX = 5;

const NAMES_SQL = `SELECT id, name, coalesce((SELECT json_group_array(json_array(client, version, state)) FROM (
    SELECT client, version, state FROM publish_operation JOIN release USING (publish_id)
    WHERE operation_id = operation.id AND state <> 'retired' ORDER BY client, version DESC LIMIT ${RELEASES_MAX})), '[]') AS releases
  FROM operation WHERE id IN (SELECT value FROM json_each(?1))`;

/** Those of the ids that are registered. */
export async function knownOperations(
  db: RowSource,
  operationIds: readonly string[],
): Promise<KnownOperations> {
  if (operationIds.length === 0) return new Map();
  const rows = await db.query<{ id: string; name: string; releases: string }>(NAMES_SQL, [
    JSON.stringify(operationIds),
  ]);
  return new Map(rows.map(({ id, name, releases }) => [id, { name, releases: releasesOf(releases) }]));
}

/** SQLite has made the JSON. */
const releasesOf = (json: string): KnownOperation['releases'] =>
  (JSON.parse(json) as [string, string, string][]).map(([client, version, state]) => ({
    client,
    version,
    state,
  }));
