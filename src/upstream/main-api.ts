/**
 * The main API: projects, pools and investments.
 *
 * A list is parsed record by record, so that one bad record costs itself alone; an answer that is no list at
 * all is refused whole.
 */
import type * as z from 'zod';
import { createGetJson, UpstreamError, type UpstreamOptions } from './http.ts';
import {
  type InvestmentRecord,
  investmentRecord,
  type PoolRecord,
  type ProjectDetailRecord,
  type ProjectRecord,
  poolRecord,
  projectDetail,
  projectRecord,
} from './main-api-records.ts';
import { type ParsedRecords, parseRecords, reasonOf } from './parse-records.ts';

/** Every method throws `UpstreamError`. `sinceSeconds` is a Unix time; without it everything is asked for. */
export interface MainApi {
  syncProjects(sinceSeconds?: number): Promise<ParsedRecords<ProjectRecord>>;
  syncPools(sinceSeconds?: number): Promise<ParsedRecords<PoolRecord>>;
  syncInvestments(sinceSeconds?: number): Promise<ParsedRecords<InvestmentRecord>>;
  /** Null where the main API knows no such project. */
  projectDetail(projectId: string): Promise<ProjectDetailRecord | null>;
}

const DETAIL_ROUTE = '/internal/projects/:id/detail';

export function createMainApi(options: UpstreamOptions): MainApi {
  const getJson = createGetJson('main', options);

  async function syncRecords<Schema extends z.ZodType>(
    route: string,
    schema: Schema,
    sinceSeconds: number | undefined,
  ): Promise<ParsedRecords<z.output<Schema>>> {
    const answer = await getJson(
      route,
      sinceSeconds === undefined ? route : `${route}?since=${sinceSeconds}`,
    );
    if (!Array.isArray(answer)) throw malformed(route, 'the answer is not a list');
    return parseRecords(schema, answer, 'id');
  }

  return {
    syncProjects: (since) => syncRecords('/internal/projects/sync', projectRecord, since),
    syncPools: (since) => syncRecords('/internal/ido/pools/sync', poolRecord, since),
    syncInvestments: (since) => syncRecords('/internal/ido/investments/sync', investmentRecord, since),

    async projectDetail(projectId) {
      // A path of "." or ".." is resolved away by the URL parser, encoded or not: it names no project.
      if (projectId === '' || projectId === '.' || projectId === '..') return null;
      try {
        const path = `/internal/projects/${encodeURIComponent(projectId.toWellFormed())}/detail`;
        const parsed = projectDetail.safeParse(await getJson(DETAIL_ROUTE, path));
        if (!parsed.success) throw malformed(DETAIL_ROUTE, reasonOf(parsed.error));
        return parsed.data;
      } catch (error) {
        if (error instanceof UpstreamError && error.status === 404) return null;
        throw error;
      }
    },
  };
}

function malformed(route: string, reason: string): UpstreamError {
  return new UpstreamError({ api: 'main', route, kind: 'malformed', status: 200, reason });
}
