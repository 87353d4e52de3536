/**
 * Details of projects, which only the main API has. They are fresh for a while, and then kept in case that API fails.
 * Reading and writing are one D1 call each, however many projects there are.
 *
 * A row that does not parse counts as absent. D1 and not KV: KV bills a read for every detail of a list.
 */
import * as z from 'zod';
import { errorFields, log } from '../../observability/log.ts';
import { parseJson } from '../parse-json.ts';
import { defineTable, integer, json, orNull, type SelectedRow, text } from './columns.ts';

export const PROJECT_DETAIL_FRESH_SECONDS = 600;
export const PROJECT_DETAIL_STALE_SECONDS = 3600;
const KEPT_SECONDS = PROJECT_DETAIL_FRESH_SECONDS + PROJECT_DETAIL_STALE_SECONDS;

const detailSchema = z.object({
  about: z.string().nullish(),
  team: z.array(z.object({ name: z.string(), role: z.string() })),
  roadmap: z.array(z.object({ title: z.string(), target_date: z.number().nullish(), done: z.boolean() })),
  tokenomics: z.array(z.object({ label: z.string(), percent: z.number() })),
});
/** Times in Unix seconds. */
export type ProjectDetailRecord = z.output<typeof detailSchema>;

export interface KeptProjectDetail {
  /** In Unix seconds. */
  fetchedAt: number;
  /** Null if the main API does not know the project. */
  detail: ProjectDetailRecord | null;
}

export const projectDetailTable = defineTable({
  name: 'project_detail_cache',
  columns: { project_id: text, detail: orNull(json<ProjectDetailRecord>()), fetched_at: integer },
  key: ['project_id'],
  version: 'fetched_at',
});

const COLUMNS = projectDetailTable.selectList();

/** By project id, without expired ones. Throws if D1 fails. */
export async function projectDetails(
  db: D1Database,
  projectIds: readonly string[],
  nowSeconds: number,
): Promise<Map<string, KeptProjectDetail>> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM project_detail_cache
       WHERE project_id IN (SELECT value FROM json_each(?1)) AND fetched_at > ?2`,
    )
    .bind(JSON.stringify(projectIds), nowSeconds - KEPT_SECONDS)
    .all<SelectedRow<typeof projectDetailTable>>();
  const kept = new Map<string, KeptProjectDetail>();
  for (const { project_id: id, detail: json, fetched_at: fetchedAt } of results) {
    const detail = json === null ? null : parseJson(json, detailSchema);
    if (detail === undefined) log.warn('details.malformed', { projectId: id });
    else kept.set(id, { fetchedAt, detail });
  }
  return kept;
}

/** Never throws: a lost write costs a fetch, not an answer. */
export async function writeProjectDetails(
  db: D1Database,
  details: ReadonlyMap<string, ProjectDetailRecord | null>,
  fetchedAt: number,
): Promise<void> {
  const rows = [...details].map(([id, detail]) => ({
    project_id: id,
    detail: detail === null ? null : JSON.stringify(detail),
    fetched_at: fetchedAt,
  }));
  try {
    await db.batch(projectDetailTable.writes(db, rows, fetchedAt));
  } catch (error) {
    log.warn('details.write_failed', { projects: rows.length, ...errorFields(error) });
  }
}

/** Deletes expired details. It reads every row: there is at most one a project. */
export const expiredProjectDetailsDelete = (db: D1Database, nowSeconds: number) =>
  db.prepare('DELETE FROM project_detail_cache WHERE fetched_at <= ?1').bind(nowSeconds - KEPT_SECONDS);
