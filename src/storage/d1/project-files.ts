/**
 * Files that upstream names of projects, and their copies in R2. Times are in Unix seconds.
 *
 * A row is due while its copy is not that of the source that upstream names now; until then the older copy is served.
 * Triggers queue each object that no row names any more, and keep the keys of logos and banners in `project_cache`.
 */
import { PROJECT_PICTURE_AGAIN_SECONDS } from '../../config.ts';
import { isDeletionDue } from './object-writes.ts';

export const PROJECT_MEDIA_KINDS = ['screenshot', 'video', 'presentation'] as const;
export type ProjectDocumentKind = 'whitepaper' | 'tokenomics' | 'roadmap' | 'audit_report';
export type ProjectMediaKind = (typeof PROJECT_MEDIA_KINDS)[number];
export type ProjectFileKind = 'logo' | 'banner' | ProjectDocumentKind | ProjectMediaKind;

/** A copy. */
export interface ProjectFileRow<Kind = ProjectDocumentKind | ProjectMediaKind> {
  project_id: string;
  kind: Kind;
  /** The key in R2, with its version as a query. */
  file: string;
  content_type: string;
  size_bytes: number;
  /** The source's own, when it was copied. */
  copied_updated_at: number;
}

/** Copies of documents and media, by project, in upstream's order. One read for all projects. */
export async function projectFiles(
  db: D1Database,
  projectIds: readonly string[],
): Promise<Map<string, ProjectFileRow[]>> {
  const { results } = await db
    .prepare(
      `SELECT project_id, kind, object_key || '?v=' || substr(etag, 1, 8) AS file, content_type, size_bytes,
         copied_updated_at
       FROM project_file WHERE project_id IN (SELECT value FROM json_each(?1)) AND object_key IS NOT NULL
         AND kind NOT IN ('logo', 'banner') ORDER BY position, name`,
    )
    .bind(JSON.stringify(projectIds))
    .all<ProjectFileRow>();
  return Map.groupBy(results, ({ project_id: id }) => id);
}

/** A file whose source is to be read. */
export interface DueProjectFile {
  project_id: string;
  name: string;
  kind: ProjectFileKind;
  source_url: string;
  source_updated_at: number;
  failures: number;
  /** The older copy's, as `etag` is. */
  object_key: string | null;
  etag: string | null;
  /** When its bytes were had from this source; null if never. `source_etag` is of that answer. */
  asked_at: number | null;
  source_etag: string | null;
}

/** Selects due files: those of new sources before those that are asked for again, and pictures first, since a list shows them. */
export const dueProjectFilesQuery = (db: D1Database, nowSeconds: number, limit: number) =>
  db
    .prepare(
      `SELECT project_id, name, kind, source_url, source_updated_at, failures, object_key, etag, asked_at, source_etag
       FROM project_file INDEXED BY project_file_due WHERE next_attempt_at <= ?1
       ORDER BY asked_at IS NOT NULL, kind IN ('logo', 'banner') DESC, next_attempt_at, project_id, name LIMIT ?2`,
    )
    .bind(nowSeconds, limit);

/** True if the URL's origin is one of those in `?1`, and the URL is written as URLs are normalised. */
const isOwn = (url: string) => `EXISTS (SELECT 1 FROM json_each(?1) AS origin
  WHERE substr(${url}, 1, length(origin.value) + 1) = origin.value || '/')`;

const PICTURES = `(SELECT id AS project_id, 'logo' AS name, logo_url AS url, updated_at FROM project_cache
  UNION ALL SELECT id, 'banner', banner_url, updated_at FROM project_cache)`;

/**
 * Brings the sources of logos and banners to what the projects name. Bytes may change at a URL: one whose project has another
 * `updated_at` is asked for again, `PROJECT_PICTURE_AGAIN_SECONDS` after the last time or later. The second statement returns a row for each file that goes.
 *
 * A picture at another origin is not copied; but one whose copy is there keeps it until there is a newer one.
 *
 * @param origins the platform's own
 */
export const pictureSourcesWrites = (db: D1Database, origins: readonly string[], nowSeconds: number) => [
  db
    .prepare(
      `INSERT INTO project_file (project_id, name, kind, source_url, source_updated_at, position, next_attempt_at)
       SELECT named.project_id, named.name, named.name, named.url, named.updated_at, 0,
         iif(named.url IS known.source_url, max(?2, coalesce(known.asked_at, 0) + ?3), ?2)
       FROM ${PICTURES} AS named
       LEFT JOIN project_file AS known ON known.project_id = named.project_id AND known.name = named.name
       WHERE named.url IS NOT NULL AND (named.url IS NOT known.source_url
           OR known.next_attempt_at IS NULL AND named.updated_at <> known.source_updated_at)
         AND (known.name IS NOT NULL OR ${isOwn('named.url')})
       ON CONFLICT (project_id, name) DO UPDATE SET
         asked_at = iif(source_url = excluded.source_url, asked_at, NULL),
         source_etag = iif(source_url = excluded.source_url, source_etag, NULL),
         source_url = excluded.source_url, source_updated_at = excluded.source_updated_at,
         failures = 0, next_attempt_at = excluded.next_attempt_at`,
    )
    .bind(JSON.stringify(origins), nowSeconds, PROJECT_PICTURE_AGAIN_SECONDS),
  db.prepare(
    `DELETE FROM project_file WHERE kind IN ('logo', 'banner') AND NOT EXISTS (
       SELECT 1 FROM project_cache WHERE id = project_file.project_id
         AND iif(project_file.kind = 'logo', logo_url, banner_url) IS NOT NULL)
     RETURNING object_key`,
  ),
];

/** Selects `{ project_id }`: of those that were never asked for, and then of those that were asked for longest ago. */
export const uncheckedProjectsQuery = (db: D1Database, limit: number) =>
  db
    .prepare(
      `SELECT project.id AS project_id FROM project_cache AS project
       LEFT JOIN project_file_check AS checked ON checked.project_id = project.id
       ORDER BY checked.checked_at, project.market_cap DESC, project.id LIMIT ?1`,
    )
    .bind(limit);

/** A document or medium that upstream names. */
export interface NamedProjectFile {
  name: string;
  kind: ProjectDocumentKind | ProjectMediaKind;
  url: string;
  updatedAt: number;
}

export interface NamedProjectFiles {
  projectId: string;
  files: readonly NamedProjectFile[];
  /** False if some were refused: then the others that are known stay. */
  isWhole: boolean;
}

const SAME_SOURCE =
  '(source_url, source_updated_at, kind) = (excluded.source_url, excluded.source_updated_at, excluded.kind)';

/**
 * Brings documents and media of these projects to what upstream names, as `pictureSourcesWrites` does. Rows come back
 * for files that are new or changed, and then for those that go. Their JSON is one value of D1 (2 MB).
 */
export function namedFilesWrites(
  db: D1Database,
  projects: readonly NamedProjectFiles[],
  origins: readonly string[],
  nowSeconds: number,
): D1PreparedStatement[] {
  const named = projects.flatMap(({ projectId, files }) =>
    files.map(({ name, kind, url, updatedAt }, position) => [
      projectId,
      name,
      kind,
      url,
      updatedAt,
      position,
    ]),
  );
  const wholeIds = projects.filter(({ isWhole }) => isWhole).map(({ projectId }) => projectId);
  const checked = db.prepare(
    `INSERT INTO project_file_check (project_id, checked_at) SELECT value, ?2 FROM json_each(?1) WHERE true
     ON CONFLICT (project_id) DO UPDATE SET checked_at = excluded.checked_at`,
  );
  const upsert = db.prepare(
    `INSERT INTO project_file
       (project_id, name, kind, source_url, source_updated_at, position, next_attempt_at)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ?3
     FROM json_each(?2) AS named
     WHERE (value ->> 0, value ->> 1) IN (SELECT project_id, name FROM project_file) OR ${isOwn('(named.value ->> 3)')}
     ON CONFLICT (project_id, name) DO UPDATE SET position = excluded.position,
       failures = iif(${SAME_SOURCE}, failures, 0),
       asked_at = iif(${SAME_SOURCE}, asked_at, NULL), source_etag = iif(${SAME_SOURCE}, source_etag, NULL),
       next_attempt_at = iif(${SAME_SOURCE}, next_attempt_at, excluded.next_attempt_at),
       source_url = excluded.source_url, source_updated_at = excluded.source_updated_at, kind = excluded.kind
     WHERE NOT ${SAME_SOURCE} OR position <> excluded.position
     RETURNING 1`,
  );
  const remove = db.prepare(
    `DELETE FROM project_file WHERE project_id IN (SELECT value FROM json_each(?1)) AND kind NOT IN ('logo', 'banner')
       AND (project_id, name) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))
     RETURNING object_key`,
  );
  const projectIds = projects.map(({ projectId }) => projectId);
  return [
    checked.bind(JSON.stringify(projectIds), nowSeconds),
    upsert.bind(JSON.stringify(origins), JSON.stringify(named), nowSeconds),
    remove.bind(JSON.stringify(wholeIds), JSON.stringify(named)),
  ];
}

/**
 * Before a file gets a key that is not its own, it holds it as `object-writes.ts` has it: an object that no row comes to name is
 * deleted later. Returns a row; none if the key is another file's, or its object is being deleted.
 */
export const holdKeyWrite = (
  db: D1Database,
  { objectKey, untilSeconds, nowSeconds }: { objectKey: string; untilSeconds: number; nowSeconds: number },
) =>
  db
    .prepare(
      `INSERT INTO object_deletion (object_key, next_attempt_at)
       SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM project_file WHERE object_key = ?1)
       ON CONFLICT DO UPDATE SET next_attempt_at = excluded.next_attempt_at WHERE ${isDeletionDue('?3')}
       RETURNING 1`,
    )
    .bind(objectKey, untilSeconds, nowSeconds);

/** Releases a key that a file has not got: an object that is there is deleted. */
export const releaseKeyWrite = (db: D1Database, objectKey: string) =>
  db.prepare('UPDATE object_deletion SET next_attempt_at = 0 WHERE object_key = ?1').bind(objectKey);

export interface CopiedFile {
  objectKey: string;
  etag: string;
  contentType: string;
  sizeBytes: number;
}

/**
 * The copy is there. The first statement returns a row, unless the file was removed meanwhile; then its object is queued.
 */
export const copiedWrites = (db: D1Database, due: DueProjectFile, copied: CopiedFile) => [
  db
    .prepare(
      `UPDATE project_file SET object_key = ?3, etag = ?4, content_type = ?5, size_bytes = ?6, copied_updated_at = ?7
       WHERE project_id = ?1 AND name = ?2 RETURNING 1`,
    )
    .bind(
      ...[due.project_id, due.name, copied.objectKey, copied.etag, copied.contentType, copied.sizeBytes],
      due.source_updated_at,
    ),
  db
    .prepare(
      `DELETE FROM object_deletion WHERE object_key = ?1
         AND EXISTS (SELECT 1 FROM project_file WHERE object_key = ?1)`,
    )
    .bind(copied.objectKey),
  db
    .prepare(
      `INSERT INTO object_deletion (object_key, next_attempt_at)
       SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM project_file WHERE object_key = ?1)
       ON CONFLICT DO UPDATE SET next_attempt_at = 0`,
    )
    .bind(copied.objectKey),
];

/** The copy is that of the source. If that has changed meanwhile, the file stays due. */
export const sourceReadWrite = (
  db: D1Database,
  due: DueProjectFile,
  { sourceEtag, nowSeconds }: { sourceEtag: string | null; nowSeconds: number },
) =>
  db
    .prepare(
      `UPDATE project_file SET copied_updated_at = source_updated_at, failures = 0, next_attempt_at = NULL,
         asked_at = ?6, source_etag = ?7
       WHERE project_id = ?1 AND name = ?2 AND (source_url, source_updated_at, kind) = (?3, ?4, ?5)`,
    )
    .bind(
      ...[due.project_id, due.name, due.source_url, due.source_updated_at, due.kind],
      ...[nowSeconds, sourceEtag],
    );

/** Tries again later, unless the source has changed meanwhile. */
export const notCopiedWrite = (
  db: D1Database,
  due: DueProjectFile,
  nextAttemptAt: number,
  failures: number,
) =>
  db
    .prepare(
      `UPDATE project_file SET next_attempt_at = ?3, failures = ?4
       WHERE project_id = ?1 AND name = ?2 AND (source_url, source_updated_at, kind) = (?5, ?6, ?7)`,
    )
    .bind(
      ...[due.project_id, due.name, nextAttemptAt, failures],
      ...[due.source_url, due.source_updated_at, due.kind],
    );
