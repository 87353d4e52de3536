/** The forms of operations: other texts under which they are found. */
import { jsonChunks } from './json-chunks.ts';
import { LIVENESS_COLUMNS_SQL, STEERING_COLUMNS_SQL } from './operations.ts';

export interface OperationFormRow {
  id: string;
  operation_id: string;
  /** `document_id` of the operation that the form was made from. */
  document_id: string;
  /** JSON: the record that runs; null if it is the operation's own. */
  registered: string | null;
}

/** Selects what runs for a form: of several operations that have it, the most alive that is not switched off. */
export const carriedForm = (db: D1Database, formId: string) =>
  db
    .prepare(
      `SELECT coalesce(operation_form.registered, operation.registered) AS registered, ${LIVENESS_COLUMNS_SQL},
         ${STEERING_COLUMNS_SQL}
       FROM operation_form
       JOIN operation ON operation.id = operation_form.operation_id
       JOIN publish_operation ON publish_operation.operation_id = operation.id
       JOIN release ON release.publish_id = publish_operation.publish_id
       WHERE operation_form.id = ?1
       GROUP BY operation.id ORDER BY rank > 0 DESC, off_since IS NOT NULL, rank DESC, sunset DESC, operation.id LIMIT 1`,
    )
    .bind(formId);

/** Selects the id of each form whose operation some release carries. */
export const carriedFormsQuery = (db: D1Database) =>
  db.prepare(
    `SELECT DISTINCT operation_form.id FROM release
     JOIN publish_operation USING (publish_id)
     JOIN operation_form ON operation_form.operation_id = publish_operation.operation_id
     ORDER BY operation_form.id`,
  );

/** Stores forms. Leaves out those of an operation that is stored with another text. */
export function formInserts(db: D1Database, rows: readonly OperationFormRow[]): D1PreparedStatement[] {
  const statement = db.prepare(
    `INSERT INTO operation_form (id, operation_id, registered)
     SELECT value ->> 0, value ->> 1, value ->> 3 FROM json_each(?1)
     WHERE EXISTS (SELECT 1 FROM operation WHERE id = value ->> 1 AND document_id = value ->> 2)
     ON CONFLICT (id, operation_id) DO UPDATE SET registered = excluded.registered
     WHERE registered IS NOT excluded.registered`,
  );
  const tuples = rows.map((row) => [row.id, row.operation_id, row.document_id, row.registered]);
  return jsonChunks(tuples).map((chunk) => statement.bind(chunk));
}

/** Marks operations whose forms are stored. */
export const formsVersionUpdate = (db: D1Database, operationIds: readonly string[], version: number) =>
  db
    .prepare(
      `UPDATE operation SET forms_version = ?2
       WHERE id IN (SELECT value FROM json_each(?1)) AND forms_version < ?2`,
    )
    .bind(JSON.stringify(operationIds), version);

/** Operations whose forms are not stored by the rules of this version, as the JSON of their records. */
export async function operationsBeforeForms(
  db: D1Database,
  version: number,
  limit: number,
): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT registered FROM operation WHERE forms_version < ?1 ORDER BY forms_version LIMIT ?2')
    .bind(version, limit)
    .all<{ registered: string }>();
  return results.map(({ registered }) => registered);
}
