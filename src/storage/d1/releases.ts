/**
 * Releases. Every change is a list of statements for one batch, so it is written as a whole or not at all. The batch
 * ends with `livenessQuery`, which reads the state after the change.
 */
import { LIVENESS_COLUMNS_SQL } from './operations.ts';

export type ReleaseState = 'published' | 'deprecated' | 'retired';

export interface ReleaseKey {
  client: string;
  version: string;
}

export interface ReleaseRow extends ReleaseKey {
  state: ReleaseState;
  deprecated_at: number | null;
  sunset: number | null;
  publish_id: string;
}

export interface LivenessRow {
  id: string;
  document_id: string;
  /** 2 published, 1 deprecated, 0 retired. */
  rank: number;
  deprecated_at: number | null;
  sunset: number | null;
}

/** Selects every operation of some release, with the state that it has by its releases. */
export const livenessQuery = (db: D1Database) =>
  db.prepare(
    `SELECT operation.id, operation.document_id, ${LIVENESS_COLUMNS_SQL}
     FROM release
     JOIN publish_operation ON publish_operation.publish_id = release.publish_id
     JOIN operation ON operation.id = publish_operation.operation_id
     GROUP BY operation.id ORDER BY operation.id`,
  );

export interface ChangedIdsRow {
  id: string;
  document_id: string;
  /** A JSON list of the ids of its forms. */
  form_ids: string;
}

/**
 * Selects the operations of each release whose content was changed after the revision. A change of content names one
 * `version`; a change of states names `versions`.
 */
export const changedIdsQuery = (db: D1Database, afterRevision: number) =>
  db
    .prepare(
      `SELECT id, document_id,
         (SELECT json_group_array(form.id) FROM operation_form AS form WHERE form.operation_id = operation.id) AS form_ids
       FROM operation WHERE id IN (
         SELECT operation_id FROM publish_operation JOIN release USING (publish_id)
         WHERE (release.client, release.version) IN (
           SELECT change ->> 'client', change ->> 'version' FROM release_change WHERE revision > ?1))`,
    )
    .bind(afterRevision);

export interface RevisionRow {
  /** The last change; 0 if there is none. */
  revision: number;
  /** A JSON list of versions. */
  gateways: string;
}

/** Selects the last change, and the stored versions of a client. */
export const revisionQuery = (db: D1Database, client: string) =>
  db
    .prepare(
      `SELECT (SELECT coalesce(max(revision), 0) FROM release_change) AS revision,
         (SELECT json_group_array(version) FROM release WHERE client = ?1) AS gateways`,
    )
    .bind(client);

export interface ReleasedClientRow {
  client: string;
  /** A JSON list. */
  versions: string;
}

/** Selects the clients that have a release, retired ones too. */
export const releasedClientsQuery = (db: D1Database) =>
  db.prepare('SELECT client, json_group_array(version) AS versions FROM release GROUP BY client');

/** Notes the revision of the overlay that KV has. */
export const livenessCopied = (db: D1Database, revision: number) =>
  db
    .prepare(
      `INSERT INTO liveness_copy (id, revision) VALUES (1, ?1)
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision WHERE revision < excluded.revision`,
    )
    .bind(revision);

/** True if KV has the latest change of releases, or had it once. */
export async function isLivenessCopied(db: D1Database): Promise<boolean> {
  const row = await db
    .prepare(
      `SELECT coalesce((SELECT max(revision) FROM release_change), 0)
         <= coalesce((SELECT revision FROM liveness_copy), 0) AS isCopied`,
    )
    .first<{ isCopied: number }>();
  return row?.isCopied === 1;
}

export async function findRelease(
  db: D1Database,
  { client, version }: ReleaseKey,
): Promise<ReleaseRow | null> {
  return db
    .prepare('SELECT * FROM release WHERE client = ?1 AND version = ?2')
    .bind(client, version)
    .first<ReleaseRow>();
}

export async function operationIdsOf(db: D1Database, publishId: string): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT operation_id AS id FROM publish_operation WHERE publish_id = ?1 ORDER BY operation_id')
    .bind(publishId)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** The time of a change, and the key that asked for it: null for the gateway itself. */
export interface ChangeOrigin {
  nowSeconds: number;
  keyName: string | null;
}

export interface PublishWrite extends ReleaseKey, ChangeOrigin {
  publishId: string;
  operationIds: readonly string[];
}

/** A change is recorded before it is made, in the same batch. */
export const LAST_REVISION_SQL = '(SELECT max(revision) FROM release_change)';

/**
 * Publishes if the release still carries `expectedPublishId` (null: does not exist) and every operation is stored.
 * Otherwise nothing is written and the first statement's `changes` is 0.
 */
export function publishWrites(
  db: D1Database,
  write: PublishWrite,
  expectedPublishId: string | null,
): D1PreparedStatement[] {
  const { publishId, client, version, operationIds, nowSeconds, keyName } = write;
  const ids = JSON.stringify(operationIds);
  return [
    db
      .prepare(
        `INSERT INTO publish (id, client, version, published_at, previous_publish_id)
         SELECT ?1, ?2, ?3, ?4, ?5
         WHERE (SELECT publish_id FROM release WHERE client = ?2 AND version = ?3) IS ?5
           AND NOT EXISTS (SELECT 1 FROM json_each(?6) WHERE value NOT IN (SELECT id FROM operation))`,
      )
      .bind(publishId, client, version, nowSeconds, expectedPublishId, ids),
    db
      .prepare(
        `INSERT INTO publish_operation (publish_id, operation_id)
         SELECT ?1, value FROM json_each(?2) WHERE EXISTS (SELECT 1 FROM publish WHERE id = ?1)`,
      )
      .bind(publishId, ids),
    db
      .prepare(
        `INSERT INTO release_change (changed_at, change, key_name)
         SELECT published_at, ?2, ?3 FROM publish WHERE id = ?1`,
      )
      .bind(publishId, JSON.stringify({ kind: 'publish', client, version, publishId }), keyName),
    db
      .prepare(
        `INSERT INTO release (client, version, state, publish_id, revision)
         SELECT client, version, 'published', id, ${LAST_REVISION_SQL} FROM publish WHERE id = ?1
         ON CONFLICT (client, version) DO UPDATE
         SET publish_id = excluded.publish_id, revision = excluded.revision`,
      )
      .bind(publishId),
  ];
}

/** Those of the operations that a release other than this one carries. */
export async function carriedElsewhere(
  db: D1Database,
  { client, version }: ReleaseKey,
  operationIds: readonly string[],
): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      `SELECT value AS id FROM json_each(?1)
       WHERE EXISTS (SELECT 1 FROM publish_operation JOIN release USING (publish_id)
         WHERE operation_id = value AND NOT (client = ?2 AND version = ?3))`,
    )
    .bind(JSON.stringify(operationIds), client, version)
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

/** Those of the versions that are not stored. */
export async function unknownVersions(
  db: D1Database,
  client: string,
  versions: readonly string[],
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT value AS version FROM json_each(?2)
       WHERE value NOT IN (SELECT version FROM release WHERE client = ?1)`,
    )
    .bind(client, JSON.stringify(versions))
    .all<{ version: string }>();
  return results.map(({ version }) => version);
}
