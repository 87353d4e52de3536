/**
 * `project_detail_cache`: what only the main API holds of a project. Fresh for a while, then kept for when that API
 * fails. Reading and writing are one D1 call each, however many projects there are.
 *
 * A row that does not parse counts as absent. In KV, which bills by the key, a list's details would be a read each.
 */
import * as z from 'zod';
import { errorFields, log } from '../../observability/log.ts';
import { upsertWrites } from './upsert-writes.ts';

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
  /** Null notes that the main API does not know the project. */
  detail: ProjectDetailRecord | null;
}

interface ProjectDetailRow {
  project_id: string;
  detail: string | null;
  fetched_at: number;
}

/** By project id, those whose time is not over. Throws where D1 fails. */
export async function projectDetails(
  db: D1Database,
  projectIds: readonly string[],
  nowSeconds: number,
): Promise<Map<string, KeptProjectDetail>> {
  const { results } = await db
    .prepare(
      `SELECT project_id, detail, fetched_at FROM project_detail_cache
       WHERE project_id IN (SELECT value FROM json_each(?1)) AND fetched_at > ?2`,
    )
    .bind(JSON.stringify(projectIds), nowSeconds - KEPT_SECONDS)
    .all<ProjectDetailRow>();
  const kept = new Map<string, KeptProjectDetail>();
  for (const { project_id: id, detail: json, fetched_at: fetchedAt } of results) {
    const detail = json === null ? null : parseDetail(json);
    if (detail === undefined) log.warn('details.malformed', { projectId: id });
    else kept.set(id, { fetchedAt, detail });
  }
  return kept;
}

function parseDetail(json: string): ProjectDetailRecord | undefined {
  try {
    return detailSchema.safeParse(JSON.parse(json)).data;
  } catch {
    // Not JSON: the caller reports it as malformed.
    return undefined;
  }
}

/** A write that nothing waits for: a lost one costs a fetch, not an answer. */
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
    await db.batch(
      upsertWrites<ProjectDetailRow>(
        db,
        {
          table: 'project_detail_cache',
          columns: ['project_id', 'detail', 'fetched_at'],
          key: ['project_id'],
          version: 'fetched_at',
        },
        rows,
        fetchedAt,
      ),
    );
  } catch (error) {
    log.warn('details.write_failed', { projects: rows.length, ...errorFields(error) });
  }
}

/** Deletes those whose time is over. It reads every row: there is one a project at most. */
export const expiredProjectDetailsDelete = (db: D1Database, nowSeconds: number) =>
  db.prepare('DELETE FROM project_detail_cache WHERE fetched_at <= ?1').bind(nowSeconds - KEPT_SECONDS);
