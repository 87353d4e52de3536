/** Registered operations. D1 is the authority on the operation that an id names. */
import { jsonChunks } from './json-chunks.ts';

export interface OperationRow {
  id: string;
  /** `sha256:<hex>` of the document's text. */
  document_id: string;
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  /** JSON: the whole record. */
  registered: string;
}

/** An operator's changes of an operation. */
export interface SteeringColumns {
  /** Unix seconds; null while the operation is on. */
  off_since: number | null;
  /** The longest execution; null without a limit. */
  time_limit_ms: number | null;
}

/** `SteeringColumns` of the operation that a statement has as `operation`. */
export const STEERING_COLUMNS_SQL = `(SELECT off_since FROM operation_steering WHERE operation_id = operation.id) AS off_since,
  (SELECT time_limit_ms FROM operation_steering WHERE operation_id = operation.id) AS time_limit_ms`;

export interface CarriedRow extends SteeringColumns {
  registered: string;
  /** That of its most alive release: 2 published, 1 deprecated, 0 retired. */
  rank: number;
  deprecated_at: number | null;
  sunset: number | null;
}

export const RANK_SQL = "CASE release.state WHEN 'published' THEN 2 WHEN 'deprecated' THEN 1 ELSE 0 END";
export const LIVENESS_COLUMNS_SQL = `max(${RANK_SQL}) AS rank,
  max(CASE WHEN release.state = 'deprecated' THEN release.deprecated_at END) AS deprecated_at,
  max(CASE WHEN release.state = 'deprecated' THEN release.sunset END) AS sunset`;

/** Selects the operation of some release with this id, or with this hash of its text. */
export const carriedOperation = (db: D1Database, id: string) =>
  db
    .prepare(
      `SELECT operation.registered, ${LIVENESS_COLUMNS_SQL}, ${STEERING_COLUMNS_SQL}
       FROM operation
       JOIN publish_operation ON publish_operation.operation_id = operation.id
       JOIN release ON release.publish_id = publish_operation.publish_id
       WHERE operation.id = ?1 OR operation.document_id = ?1
       GROUP BY operation.id ORDER BY operation.id = ?1 DESC, rank DESC LIMIT 1`,
    )
    .bind(id);

/** `document_id` by id, of those ids that are stored. */
export async function storedDocumentIds(
  db: D1Database,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { results } = await db
    .prepare('SELECT id, document_id FROM operation WHERE id IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify(ids))
    .all<Pick<OperationRow, 'id' | 'document_id'>>();
  return new Map(results.map((row) => [row.id, row.document_id]));
}

/** The name of each of the operations that is stored. */
export async function operationNames(
  db: D1Database,
  ids: readonly string[],
): Promise<{ id: string; name: string }[]> {
  const { results } = await db
    .prepare('SELECT id, name FROM operation WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY name, id')
    .bind(JSON.stringify(ids))
    .all<{ id: string; name: string }>();
  return results;
}

/** The whole records, as JSON by id, of those ids that are stored. */
export async function storedRecords(db: D1Database, ids: readonly string[]): Promise<Map<string, string>> {
  const { results } = await db
    .prepare('SELECT id, registered FROM operation WHERE id IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify(ids))
    .all<Pick<OperationRow, 'id' | 'registered'>>();
  return new Map(results.map((row) => [row.id, row.registered]));
}

/** Ids that are stored already keep their row. */
export function operationInserts(
  db: D1Database,
  rows: readonly OperationRow[],
  nowSeconds: number,
): D1PreparedStatement[] {
  const statement = db.prepare(
    `INSERT INTO operation (id, document_id, name, kind, registered, registered_at)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?2 FROM json_each(?1)
     WHERE true ON CONFLICT (id) DO NOTHING`,
  );
  const tuples = rows.map((row) => [row.id, row.document_id, row.name, row.kind, row.registered]);
  return jsonChunks(tuples).map((chunk) => statement.bind(chunk, nowSeconds));
}

export interface OperationDetailRow extends OperationRow {
  registered_at: number;
}

/** The operation with this id, or one that has a form with this id. */
export function storedOperation(db: D1Database, id: string): Promise<OperationDetailRow | null> {
  return db
    .prepare(
      `SELECT * FROM operation
       WHERE id = ?1 OR id IN (SELECT operation_id FROM operation_form WHERE operation_form.id = ?1)
       ORDER BY id = ?1 DESC, registered_at DESC LIMIT 1`,
    )
    .bind(id)
    .first<OperationDetailRow>();
}
