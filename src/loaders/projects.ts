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
import {
  countProjects,
  type ProjectFilter,
  type ProjectPageQuery,
  type ProjectRow,
  projectCategories,
  projectPage,
  projectsByKey,
  searchProjects,
  trendingProjects,
} from '../storage/d1/projects.ts';
import { loaderOf } from './batching.ts';

/** Made for each request. Rows of a list answer later look-ups by id. */
export function createProjectLoader(db: D1Database) {
  const byId = loaderOf((ids: readonly string[]) => projectsByKey(db, 'id', ids));
  const bySlug = loaderOf((slugs: readonly string[]) => projectsByKey(db, 'slug', slugs));
  const bySymbol = loaderOf((symbols: readonly string[]) => projectsByKey(db, 'symbol', symbols));
  const primed = <Row extends ProjectRow>(rows: Row[]): Row[] => {
    for (const row of rows) byId.prime(row.id, row);
    return rows;
  };
  return {
    byId: (id: string) => byId.load(id),
    bySlug: (slug: string) => bySlug.load(slug),
    /** If several projects share the symbol: the live one with the greatest market cap. */
    bySymbol: (symbol: string) => bySymbol.load(symbol.toUpperCase()),
    page: async (query: ProjectPageQuery) => primed(await projectPage(db, query)),
    count: (filter: ProjectFilter) => countProjects(db, filter),
    trending: async (category: string | undefined, limit: number) =>
      primed(await trendingProjects(db, category, limit)),
    search: async (text: string, limit: number) => primed(await searchProjects(db, text, limit)),
    categories: () => projectCategories(db),
  };
}

export interface ProjectDetailLoader {
  /** Null if the main API has no detail, or if D1 has none and the request has used up its fetches. */
  byProjectId(id: string): Promise<ProjectDetailRecord | null>;
}

export interface ProjectDetailSources {
  db: D1Database;
  /** @param stored the copy, if there is one: a part that the answer lacks stays as it is there. */
  fetchDetail(projectId: string, stored: ProjectDetailRecord | null): Promise<ProjectDetailRecord | null>;
  nowSeconds: number;
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Details that only the main API has. D1 keeps a copy: fresh for 600 s, and usable for an hour while that API fails.
 * A request fetches at most `DETAIL_MAX_FETCHES` of them; other items of a list get their copy or null.
 */
export function createProjectDetailLoader(sources: ProjectDetailSources): ProjectDetailLoader {
  const { db, nowSeconds, waitUntil } = sources;
  let fetchesLeft = DETAIL_MAX_FETCHES;
  const byProjectId = loaderOf(async (ids: readonly string[]) => {
    const copies = await readCopies(sources, ids);
    const details = new Map<string, ProjectDetailRecord | null | Error>();
    const due: string[] = [];
    for (const id of ids) {
      const copy = copies.get(id);
      if (copy !== undefined) details.set(id, copy.detail);
      if (copy === undefined || !isFresh(copy, nowSeconds)) due.push(id);
    }
    // Missing details are fetched before stale ones.
    due.sort((a, b) => Number(details.has(a)) - Number(details.has(b)));
    const fetching = due.slice(0, fetchesLeft);
    fetchesLeft -= fetching.length;
    const fetched = new Map<string, ProjectDetailRecord | null>();
    await Promise.all(
      fetching.map(async (id) => {
        try {
          fetched.set(id, await sources.fetchDetail(id, copies.get(id)?.detail ?? null));
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

/** A copy from the future is not: the clock was set back since. */
function isFresh({ fetchedAt }: KeptProjectDetail, nowSeconds: number): boolean {
  const ageSeconds = nowSeconds - fetchedAt;
  return ageSeconds >= 0 && ageSeconds < PROJECT_DETAIL_FRESH_SECONDS;
}

async function readCopies(
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
  upstreamUnavailable('The main API cannot be reached, and there is no stored copy.', cause);
