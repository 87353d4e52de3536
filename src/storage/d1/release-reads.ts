/** Reads of releases for operators. Times are in Unix seconds. */
import { usesWhere } from './operation-usage.ts';
import { LIVENESS_COLUMNS_SQL } from './operations.ts';
import type { ReleaseKey, ReleaseState } from './releases.ts';

export interface LastChange {
  kind: 'publish' | 'deprecate' | 'retire' | 'restore' | 'rollback';
  changedAt: number;
  /** The name of the key that asked for it; null if the gateway did it itself, or an earlier version of it. */
  keyName: string | null;
}

/** JSON, or null if the change was not recorded with the release. */
const LAST_CHANGE_SQL = `(SELECT json_object('kind', change ->> 'kind', 'changedAt', changed_at, 'keyName', key_name)
  FROM release_change WHERE release_change.revision = release.revision)`;

const parsedChange = <Row extends { lastChange: string | null }>(row: Row) => ({
  ...row,
  lastChange: row.lastChange === null ? null : (JSON.parse(row.lastChange) as LastChange),
});

export interface ListedRelease extends ReleaseKey {
  state: ReleaseState;
  deprecatedAt: number | null;
  sunset: number | null;
  publishedAt: number;
  operations: number;
  /** The last use of one of its operations by any client. */
  lastUsedAt: number | null;
  lastChange: LastChange | null;
}

export async function listReleases(db: D1Database): Promise<ListedRelease[]> {
  const { results } = await db
    .prepare(
      `WITH used AS (
         SELECT operation_id, max(last_seen) AS last_seen FROM ${usesWhere('true')} GROUP BY operation_id)
       SELECT release.client, release.version, release.state, release.deprecated_at AS deprecatedAt,
         release.sunset, publish.published_at AS publishedAt, count(publish_operation.operation_id) AS operations,
         max(used.last_seen) AS lastUsedAt, ${LAST_CHANGE_SQL} AS lastChange
       FROM release
       JOIN publish ON publish.id = release.publish_id
       LEFT JOIN publish_operation ON publish_operation.publish_id = release.publish_id
       LEFT JOIN used ON used.operation_id = publish_operation.operation_id
       GROUP BY release.client, release.version
       ORDER BY release.client, publish.published_at, release.version`,
    )
    .all<Omit<ListedRelease, 'lastChange'> & { lastChange: string | null }>();
  return results.map(parsedChange);
}

export interface CarryingRelease extends ReleaseKey {
  state: ReleaseState;
}

/** The releases that carry one operation, and the state that it has by them. */
export async function releasesCarrying(db: D1Database, operationId: string) {
  const [releases, liveness] = await db.batch<unknown>([
    db
      .prepare(
        `SELECT release.client, release.version, release.state, ${LAST_CHANGE_SQL} AS lastChange
         FROM publish_operation JOIN release USING (publish_id)
         WHERE operation_id = ?1 ORDER BY release.client, release.version`,
      )
      .bind(operationId),
    db
      .prepare(
        `SELECT ${LIVENESS_COLUMNS_SQL} FROM publish_operation JOIN release USING (publish_id)
         WHERE operation_id = ?1`,
      )
      .bind(operationId),
  ]);
  return {
    releases: ((releases?.results ?? []) as (CarryingRelease & { lastChange: string | null })[]).map(
      parsedChange,
    ),
    /** `rank` is null if no release carries it. */
    liveness: (liveness?.results[0] ?? { rank: null, deprecated_at: null, sunset: null }) as {
      rank: number | null;
      deprecated_at: number | null;
      sunset: number | null;
    },
  };
}

export interface LiveOperation {
  id: string;
  name: string;
  document: string;
  /** As it was registered. */
  cost: number;
  releases: CarryingRelease[];
  /** Uses since `sinceDay`. */
  count: number;
}

/** Every operation of a release that is not retired. */
export async function liveOperations(db: D1Database, sinceDay: number): Promise<LiveOperation[]> {
  const { results } = await db
    .prepare(
      `WITH used AS (
         SELECT operation_id, sum(count) AS count FROM ${usesWhere('day >= ?1')} GROUP BY operation_id)
       SELECT operation.id, operation.name, operation.registered ->> 'document' AS document,
         operation.registered ->> 'cost' AS cost,
         json_group_array(json_object('client', release.client, 'version', release.version,
           'state', release.state) ORDER BY release.client, release.version) AS releases,
         coalesce(used.count, 0) AS count
       FROM release
       JOIN publish_operation USING (publish_id)
       JOIN operation ON operation.id = publish_operation.operation_id
       LEFT JOIN used ON used.operation_id = operation.id
       WHERE release.state <> 'retired'
       GROUP BY operation.id ORDER BY operation.name, operation.id`,
    )
    .bind(sinceDay)
    .all<Omit<LiveOperation, 'releases'> & { releases: string }>();
  return results.map((row) => ({ ...row, releases: JSON.parse(row.releases) as CarryingRelease[] }));
}
