/** Operations that are switched off or have a time limit. Times are in Unix seconds. */
import type { OperationRow, SteeringColumns } from './operations.ts';
import { type ChangeOrigin, LAST_REVISION_SQL } from './releases.ts';

export interface SteeringRow extends SteeringColumns {
  operation_id: string;
}

/** Selects a `SteeringRow` of each operation that is off or has a limit. */
export const steeringQuery = (db: D1Database) =>
  db.prepare(
    `SELECT operation_id, off_since, time_limit_ms FROM operation_steering
     WHERE off_since IS NOT NULL OR time_limit_ms IS NOT NULL ORDER BY operation_id`,
  );

export interface ListedSteering extends Pick<OperationRow, 'id' | 'name'> {
  /** Null while the operation is on. */
  offSince: number | null;
  timeLimitMs: number | null;
  changedAt: number;
  /** The name of the key that asked for the last change. */
  changedBy: string | null;
}

/** The operations that are off or have a limit; only the one with the id if there is one. */
export async function listSteering(db: D1Database, id: string | null = null): Promise<ListedSteering[]> {
  const { results } = await db
    .prepare(
      `SELECT operation_id AS id, name, off_since AS offSince, time_limit_ms AS timeLimitMs,
         changed_at AS changedAt, key_name AS changedBy
       FROM operation_steering JOIN operation ON operation.id = operation_id JOIN release_change USING (revision)
       WHERE (off_since IS NOT NULL OR time_limit_ms IS NOT NULL) AND (?1 IS NULL OR operation_id = ?1)
       ORDER BY name, id`,
    )
    .bind(id)
    .all<ListedSteering>();
  return results;
}

export type SteeredOperation = Pick<OperationRow, 'id' | 'name' | 'kind'>;

/** The operation, and all others with the same text or the same normal form: clients ask for it under several ids. */
export async function operationsOfOneText(db: D1Database, id: string): Promise<SteeredOperation[]> {
  const { results } = await db
    .prepare(
      `SELECT id, name, kind FROM operation WHERE id = ?1
         OR document_id = (SELECT document_id FROM operation WHERE id = ?1)
         OR id IN (SELECT operation_id FROM operation_form WHERE registered IS NULL AND id IN (
           SELECT id FROM operation_form WHERE operation_id = ?1 AND registered IS NULL))
       ORDER BY id <> ?1, name, id`,
    )
    .bind(id)
    .all<SteeredOperation>();
  return results;
}

export type Steering =
  | { kind: 'off' }
  | { kind: 'on' }
  /** Null takes the limit away. */
  | { kind: 'limit'; timeLimitMs: number | null };

/**
 * Records the change and makes it. The last statement returns the `operation_id` of each operation that it changed; if it
 * changes none, nothing is recorded.
 */
export function steeringWrites(
  db: D1Database,
  steering: Steering,
  operationIds: readonly string[],
  { nowSeconds, keyName }: ChangeOrigin,
): [record: D1PreparedStatement, update: D1PreparedStatement] {
  const { column, value, differs } = assignmentOf(steering, nowSeconds);
  const ids = JSON.stringify(operationIds);
  const changed = `(SELECT ${column} FROM operation_steering WHERE operation_id = value) ${differs}`;
  return [
    db
      .prepare(
        `INSERT INTO release_change (changed_at, change, key_name)
         SELECT ?3, json_set(?4, '$.operationIds', json_group_array(value)), ?5 FROM json_each(?1)
         WHERE ${changed} HAVING count(*) > 0`,
      )
      .bind(ids, value, nowSeconds, JSON.stringify(steering), keyName),
    db
      .prepare(
        `INSERT INTO operation_steering (operation_id, ${column}, revision)
         SELECT value, ?2, ${LAST_REVISION_SQL} FROM json_each(?1) WHERE ${changed}
         ON CONFLICT (operation_id) DO UPDATE SET ${column} = excluded.${column}, revision = excluded.revision
         RETURNING operation_id`,
      )
      .bind(ids, value),
  ];
}

/** An operation that is off already keeps the time since when it is. */
function assignmentOf(steering: Steering, nowSeconds: number) {
  switch (steering.kind) {
    case 'off':
      // SQLite refuses values that a statement does not mention.
      return { column: 'off_since', value: nowSeconds, differs: 'IS NULL AND ?2 IS NOT NULL' };
    case 'on':
      return { column: 'off_since', value: null, differs: 'IS NOT ?2' };
    case 'limit':
      return { column: 'time_limit_ms', value: steering.timeLimitMs, differs: 'IS NOT ?2' };
    default:
      throw new Error(`unknown steering ${steering satisfies never}`);
  }
}
