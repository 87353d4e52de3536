/** The client of the main API: projects, pools and investments. */
import type * as z from 'zod';
import { log } from '../observability/log.ts';
import { createGetJson, malformed, rethrowUnlessNotFound, type UpstreamOptions } from './http.ts';
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
import { type ParsedRecords, parseRecord, parseRecords } from './parse-records.ts';

/** A detail as the gateway has stored it. */
type StoredDetail = z.input<typeof projectDetail>;

/** Every method throws `UpstreamError`. Without `sinceSeconds` (a Unix time) the answer has all records. */
export interface MainApi {
  syncProjects(sinceSeconds?: number): Promise<ParsedRecords<ProjectRecord>>;
  syncPools(sinceSeconds?: number): Promise<ParsedRecords<PoolRecord>>;
  syncInvestments(sinceSeconds?: number): Promise<ParsedRecords<InvestmentRecord>>;
  /**
   * Null if the main API does not know the project. A list that is refused keeps its value of `stored`.
   *
   * @param stored the detail that was last received, if any
   */
  projectDetail(projectId: string, stored?: StoredDetail | null): Promise<ProjectDetailRecord | null>;
}

const DETAIL_ROUTE = '/internal/projects/:id/detail';

export function createMainApi(options: UpstreamOptions): MainApi {
  const getJson = createGetJson('main', options);

  async function syncRecords<Schema extends z.ZodObject>(
    route: string,
    schema: Schema,
    sinceSeconds: number | undefined,
  ): Promise<ParsedRecords<z.output<Schema>>> {
    const answer = await getJson(
      route,
      sinceSeconds === undefined ? route : `${route}?since=${sinceSeconds}`,
    );
    if (!Array.isArray(answer)) throw malformed('main', route, 'the answer is not a list');
    return parseRecords(schema, answer, 'id');
  }

  return {
    syncProjects: (since) => syncRecords('/internal/projects/sync', projectRecord, since),
    syncPools: (since) => syncRecords('/internal/ido/pools/sync', poolRecord, since),
    syncInvestments: (since) => syncRecords('/internal/ido/investments/sync', investmentRecord, since),

    async projectDetail(projectId, stored = null) {
      // The URL parser removes the segments "." and "..", encoded or not: they name no project.
      if (projectId === '' || projectId === '.' || projectId === '..') return null;
      try {
        const path = `/internal/projects/${encodeURIComponent(projectId.toWellFormed())}/detail`;
        const { record, rest, reason, reasons } = parseRecord(
          projectDetail,
          await getJson(DETAIL_ROUTE, path),
        );
        if (reasons.length > 0)
          log.warn('upstream.values_refused', {
            route: DETAIL_ROUTE,
            id: projectId,
            values: reasons.join('; '),
          });
        if (record !== undefined) return record;
        if (rest === undefined || stored === null) throw malformed('main', DETAIL_ROUTE, reason ?? 'invalid');
        return projectDetail.parse({ ...stored, ...rest });
      } catch (error) {
        rethrowUnlessNotFound(error);
        return null;
      }
    },
  };
}
