/**
 * What only the main API holds of a project, kept in D1: fresh for 600 s, served stale for an hour while that
 * API fails. A request asks the main API for at most five; the rest of a list is what D1 holds, or null.
 */
import { upstreamUnavailable } from '../../schema/errors.ts';
import { DETAIL_MAX_FETCHES } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import {
  type KeptProjectDetail,
  PROJECT_DETAIL_FRESH_SECONDS,
  type ProjectDetailRecord,
  projectDetails,
  writeProjectDetails,
} from '../storage/d1/project-details.ts';
import { loaderOf } from './batching.ts';

export interface ProjectDetailLoader {
  /** Null where the main API knows nothing, and in a list beyond what may be asked for. */
  byProjectId(id: string): Promise<ProjectDetailRecord | null>;
}

export interface ProjectDetailSources {
  db: D1Database;
  fetchDetail(projectId: string): Promise<ProjectDetailRecord | null>;
  nowSeconds: number;
  waitUntil(promise: Promise<unknown>): void;
}

/** One set a request. */
export function createProjectDetailLoader(sources: ProjectDetailSources): ProjectDetailLoader {
  const { db, nowSeconds, waitUntil } = sources;
  let fetchesLeft = DETAIL_MAX_FETCHES;
  const byProjectId = loaderOf(async (ids: readonly string[]) => {
    const kept = await readKept(sources, ids);
    const details = new Map<string, ProjectDetailRecord | null | Error>();
    const due: string[] = [];
    for (const id of ids) {
      const entry = kept.get(id);
      if (entry !== undefined) details.set(id, entry.detail);
      if (entry === undefined || nowSeconds - entry.fetchedAt >= PROJECT_DETAIL_FRESH_SECONDS) due.push(id);
    }
    // Those with nothing at all come before those that are only stale.
    due.sort((a, b) => Number(details.has(a)) - Number(details.has(b)));
    const asked = due.slice(0, fetchesLeft);
    fetchesLeft -= asked.length;
    const fetched = new Map<string, ProjectDetailRecord | null>();
    await Promise.all(
      asked.map(async (id) => {
        try {
          fetched.set(id, await sources.fetchDetail(id));
        } catch (error) {
          log.warn('details.fetch_failed', { projectId: id, ...errorFields(error) });
          if (!details.has(id)) details.set(id, unavailable(error));
        }
      }),
    );
    if (fetched.size > 0) waitUntil(writeProjectDetails(db, fetched, nowSeconds));
    return new Map([...details, ...fetched]);
  });
  return { byProjectId: (id) => byProjectId.load(id) };
}

async function readKept(
  { db, nowSeconds }: ProjectDetailSources,
  ids: readonly string[],
): Promise<Map<string, KeptProjectDetail>> {
  try {
    return await projectDetails(db, ids, nowSeconds);
  } catch (error) {
    log.error('details.unreadable', errorFields(error));
    return new Map();
  }
}

const unavailable = (cause: unknown) =>
  upstreamUnavailable('The main API cannot be reached and nothing is kept of this.', cause);
