/**
 * Changes of the state and the content of releases. Each is two statements for one batch: its record, which is the next
 * revision of the overlay, and the change itself under the same condition.
 */
import { type ChangeOrigin, LAST_REVISION_SQL, type ReleaseKey } from './releases.ts';

export interface StateChange {
  kind: 'deprecate' | 'retire' | 'restore';
  client: string;
  versions: readonly string[];
  /** The end of service in Unix seconds, for `deprecate`. */
  sunset?: number;
  /** Stands in the record of `retire`, and decides nothing here. */
  force?: boolean;
}

/** `?1` is the client, `?2` the versions, `?3` the sunset and `?4` the time. A retired release is not deprecated. */
const STATE_SQL: Record<StateChange['kind'], { set: string; where: string }> = {
  deprecate: {
    set: "state = 'deprecated', deprecated_at = coalesce(deprecated_at, ?4), sunset = ?3",
    where: "(state = 'published' OR state = 'deprecated' AND sunset <> ?3)",
  },
  retire: { set: "state = 'retired'", where: "state <> 'retired'" },
  restore: {
    set: "state = 'published', deprecated_at = NULL, sunset = NULL",
    where: "state <> 'published'",
  },
};

/**
 * Records the change and makes it. The last statement returns `client, version, state` of each release that it changed;
 * if it changes none, nothing is recorded.
 */
export function stateWrites(
  db: D1Database,
  change: StateChange,
  { nowSeconds, keyName }: ChangeOrigin,
): [record: D1PreparedStatement, update: D1PreparedStatement] {
  const { kind, client, versions, sunset = null } = change;
  const { set, where } = STATE_SQL[kind];
  const changed = `client = ?1 AND version IN (SELECT value FROM json_each(?2)) AND ${where}`;
  const values = [client, JSON.stringify(versions), sunset, nowSeconds];
  // SQLite refuses values that a statement does not mention.
  const updateValues = kind === 'deprecate' ? values : values.slice(0, 2);
  return [
    db
      .prepare(
        `INSERT INTO release_change (changed_at, change, key_name)
         SELECT ?4, json_set(?5, '$.versions', json_group_array(version)), ?6 FROM release
         WHERE ${changed} HAVING count(*) > 0`,
      )
      .bind(...values, JSON.stringify(change), keyName),
    db
      .prepare(
        `UPDATE release SET ${set}, revision = ${LAST_REVISION_SQL} WHERE ${changed} RETURNING client, version, state`,
      )
      .bind(...updateValues),
  ];
}

/** The publish before this one; null if it was the release's first. */
export function previousPublish(
  db: D1Database,
  publishId: string,
): Promise<{ id: string; published_at: number } | null> {
  return db
    .prepare(
      `SELECT previous.id, previous.published_at
       FROM publish JOIN publish AS previous ON previous.id = publish.previous_publish_id WHERE publish.id = ?1`,
    )
    .bind(publishId)
    .first();
}

/**
 * The publish that the release carried before its last rollback, if that was cut off before KV had it; null if the last
 * change of its content was another one, or is in effect.
 */
export function unfinishedRollback(db: D1Database, { client, version }: ReleaseKey): Promise<string | null> {
  return db
    .prepare(
      `SELECT change ->> 'from' AS publish_id FROM release_change
       WHERE revision = (SELECT max(revision) FROM release_change
           WHERE change ->> 'client' = ?1 AND change ->> 'version' = ?2)
         AND revision > (SELECT coalesce(max(revision), 0) FROM liveness_copy) AND change ->> 'kind' = 'rollback'`,
    )
    .bind(client, version)
    .first<string>('publish_id');
}

/**
 * Records the rollback and makes it, if the release still carries `from`. The last statement returns the release's
 * `client, version, state`; if it returns no row, nothing is written.
 */
export function rollbackWrites(
  db: D1Database,
  { client, version }: ReleaseKey,
  { from, to }: { from: string; to: string },
  { nowSeconds, keyName }: ChangeOrigin,
): [record: D1PreparedStatement, update: D1PreparedStatement] {
  const change = JSON.stringify({ kind: 'rollback', client, version, from, to });
  return [
    db
      .prepare(
        `INSERT INTO release_change (changed_at, change, key_name)
         SELECT ?4, ?5, ?6 FROM release WHERE client = ?1 AND version = ?2 AND publish_id = ?3`,
      )
      .bind(client, version, from, nowSeconds, change, keyName),
    db
      .prepare(
        `UPDATE release SET publish_id = ?4, revision = ${LAST_REVISION_SQL} WHERE client = ?1 AND version = ?2 AND publish_id = ?3
         RETURNING client, version, state`,
      )
      .bind(client, version, from, to),
  ];
}
