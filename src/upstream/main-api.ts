/** The client of the main API: projects, pools, investments and users. */
import type * as z from 'zod';
import { log } from '../observability/log.ts';
import {
  type CallTrace,
  createGetJson,
  createPostJson,
  malformed,
  rethrowUnlessNotFound,
  type UpstreamOptions,
} from './http.ts';
import {
  type ClosedUserRecord,
  closedUserRecord,
  type EligibleRecord,
  eligibleRecord,
  type InvestmentRecord,
  investmentRecord,
  type PoolRecord,
  type ProjectDetailRecord,
  type ProjectFilesRecord,
  type ProjectRecord,
  poolRecord,
  projectDetail,
  projectFiles,
  projectRecord,
  type RecordVersion,
  refusal,
  storedClaim,
  storedDocument,
  storedInvestment,
  storedRegistration,
  storedUser,
  type UpstreamRefusal,
  type UserStatsRecord,
  userStats,
} from './main-api-records.ts';
import { type ParsedRecords, parseRecord, parseRecords } from './parse-records.ts';

/** A detail as the gateway has stored it. */
type StoredDetail = z.input<typeof projectDetail>;

export interface NamedFiles {
  files: Partial<ProjectFilesRecord>;
  /** The path and the error of each value that was refused. */
  reasons: readonly string[];
}

/** A version of an account that was opened at the edge. */
export interface AccountVersion {
  userId: string;
  /** Grows with each version. */
  sequence: number;
  /** JSON: `{ id, email, wallet_addresses, created_at }`. It never changes. */
  body: string;
}

/** A document for identification, which is there to be read. */
export interface DocumentNotice {
  userId: string;
  fileId: string;
  /** JSON: `{ file_id, kind, uploaded_at }`. It never changes. */
  body: string;
}

/** A refusal is for good. */
export type HandOverAnswer<Stored> = { stored: Stored } | { refused: UpstreamRefusal };

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
  /** Documents and media, without a list or an item that is refused. Null if the main API does not know the project. */
  projectFiles(projectId: string): Promise<NamedFiles | null>;
  /** Hands an account over. The same version may be handed over again. `refused` is for good. */
  createUser(version: AccountVersion, trace: CallTrace): Promise<'stored' | 'refused'>;
  /**
   * Hands an investment of the edge's over, as `createUser` does an account. The stored record may be of a later version;
   * it is null if a required value of it is refused.
   */
  createInvestment(
    version: RecordVersion,
    trace: CallTrace,
  ): Promise<HandOverAnswer<InvestmentRecord | null>>;
  /** A viewer's place on the list of a pool. Its id is the edge's alone: the stored record has none. */
  createRegistration(version: RecordVersion, trace: CallTrace): Promise<HandOverAnswer<unknown>>;
  createClaim(version: RecordVersion, trace: CallTrace): Promise<HandOverAnswer<unknown>>;
  /** Tells that a document is there, as `createUser` hands over an account. */
  createDocument(notice: DocumentNotice, trace: CallTrace): Promise<'stored' | 'refused'>;
  /** A user's levels and permissions, without values that are refused. Null if the main API does not know the user. */
  userStats(userId: string): Promise<Partial<UserStatsRecord> | null>;
  /** The accounts that were closed. */
  closedUsers(sinceSeconds?: number): Promise<ParsedRecords<ClosedUserRecord>>;
  /** Who may take part in a whitelist or private pool. Null if the main API does not know the pool. */
  eligibleUsers(poolId: string, sinceSeconds?: number): Promise<ParsedRecords<EligibleRecord> | null>;
}

const DETAIL_ROUTE = '/internal/projects/:id/detail';
const USERS_ROUTE = '/internal/users';
const REGISTRATIONS_ROUTE = '/internal/ido/registrations';
const INVESTMENTS_ROUTE = '/internal/ido/investments';
const CLAIMS_ROUTE = '/internal/ido/claims';
const ELIGIBLE_ROUTE = '/internal/ido/pools/:id/eligible';
const DOCUMENTS_ROUTE = '/internal/users/:id/documents';
const STATS_ROUTE = '/internal/users/:id/stats';

export function createMainApi(options: UpstreamOptions): MainApi {
  const getJson = createGetJson('main', options);
  const postJson = createPostJson('main', options);

  async function syncRecords<Schema extends z.ZodObject>(
    route: string,
    schema: Schema,
    sinceSeconds: number | undefined,
    { idField = 'id', path = route } = {},
  ): Promise<ParsedRecords<z.output<Schema>>> {
    const answer = await getJson(route, sinceSeconds === undefined ? path : `${path}?since=${sinceSeconds}`);
    if (!Array.isArray(answer)) throw malformed('main', route, 'the answer is not a list');
    return parseRecords(schema, answer, idField);
  }

  async function handOver<Stored>(
    route: string,
    version: RecordVersion,
    trace: CallTrace,
    storedOf: (version: RecordVersion) => z.ZodType<Stored>,
    path = route,
  ): Promise<HandOverAnswer<Stored>> {
    const { id, sequence, body } = version;
    const idempotencyKey = `${id}:${sequence}`;
    const { status, json } = await postJson(route, path, { body, idempotencyKey, trace });
    if (status === 409) {
      const refused = refusal.safeParse(json).data;
      if (refused !== undefined) return { refused };
    } else {
      const stored = storedOf(version).safeParse(json);
      if (stored.success) return { stored: stored.data };
    }
    throw malformed('main', route, 'the answer is neither the stored record nor a refusal', status);
  }

  /** Null if the main API does not know the project. */
  async function detailOf(projectId: string): Promise<{ answer: unknown } | null> {
    const segment = pathSegment(projectId);
    if (segment === null) return null;
    try {
      return { answer: await getJson(DETAIL_ROUTE, `/internal/projects/${segment}/detail`) };
    } catch (error) {
      rethrowUnlessNotFound(error);
      return null;
    }
  }

  return {
    syncProjects: (since) => syncRecords('/internal/projects/sync', projectRecord, since),
    syncPools: (since) => syncRecords('/internal/ido/pools/sync', poolRecord, since),
    syncInvestments: (since) => syncRecords('/internal/ido/investments/sync', investmentRecord, since),

    async projectDetail(projectId, stored = null) {
      const detail = await detailOf(projectId);
      if (detail === null) return null;
      const { record, rest, reason, reasons } = parseRecord(projectDetail, detail.answer);
      logRefused(DETAIL_ROUTE, projectId, reasons);
      if (record !== undefined) return record;
      if (rest === undefined || stored === null) throw malformed('main', DETAIL_ROUTE, reason ?? 'invalid');
      return projectDetail.parse({ ...stored, ...rest });
    },

    async projectFiles(projectId) {
      const detail = await detailOf(projectId);
      if (detail === null) return null;
      const { rest, reason, reasons } = parseRecord(projectFiles, withBothLists(detail.answer));
      if (rest === undefined) throw malformed('main', DETAIL_ROUTE, reason ?? 'invalid');
      return { files: rest, reasons };
    },

    async createUser({ userId, ...version }, trace) {
      const answer = await handOver(USERS_ROUTE, { id: userId, ...version }, trace, storedUser);
      return 'refused' in answer ? 'refused' : 'stored';
    },

    async createInvestment(version, trace) {
      const answer = await handOver(INVESTMENTS_ROUTE, version, trace, storedInvestment);
      if ('refused' in answer) return answer;
      const { record, reasons } = parseRecord(investmentRecord, answer.stored);
      logRefused(INVESTMENTS_ROUTE, version.id, reasons);
      return { stored: record ?? null };
    },

    createRegistration: (version, trace) => handOver(REGISTRATIONS_ROUTE, version, trace, storedRegistration),
    createClaim: (version, trace) => handOver(CLAIMS_ROUTE, version, trace, storedClaim),

    async createDocument({ userId, fileId, body }, trace) {
      const version = { id: fileId, sequence: 1, body };
      const path = `/internal/users/${encodeURIComponent(userId)}/documents`;
      const answer = await handOver(DOCUMENTS_ROUTE, version, trace, storedDocument, path);
      return 'refused' in answer ? 'refused' : 'stored';
    },

    async userStats(userId) {
      try {
        const answer = await getJson(STATS_ROUTE, `/internal/users/${encodeURIComponent(userId)}/stats`);
        const { rest, reason, reasons } = parseRecord(userStats, answer);
        logRefused(STATS_ROUTE, userId, reasons);
        if (rest === undefined || Object.values(rest).every((value) => value === undefined))
          throw malformed('main', STATS_ROUTE, reason ?? 'invalid');
        return rest;
      } catch (error) {
        rethrowUnlessNotFound(error);
        return null;
      }
    },

    closedUsers: (since) =>
      syncRecords('/internal/users/closed', closedUserRecord, since, { idField: 'user_id' }),

    async eligibleUsers(poolId, since) {
      const segment = pathSegment(poolId);
      if (segment === null) return null;
      try {
        const path = `/internal/ido/pools/${segment}/eligible`;
        return await syncRecords(ELIGIBLE_ROUTE, eligibleRecord, since, { idField: 'user_id', path });
      } catch (error) {
        rethrowUnlessNotFound(error);
        return null;
      }
    },
  };
}

/** A list that is absent is empty; one that is refused is not. */
function withBothLists(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer;
  const { documents, media } = answer as Record<string, unknown>;
  return { documents: documents ?? [], media: media ?? [] };
}

/** Null if a path cannot have the id: the URL parser removes the segments "." and "..", encoded or not. */
function pathSegment(id: string): string | null {
  return id === '' || id === '.' || id === '..' ? null : encodeURIComponent(id.toWellFormed());
}

function logRefused(route: string, id: string, reasons: readonly string[]): void {
  if (reasons.length > 0) log.warn('upstream.values_refused', { route, id, values: reasons.join('; ') });
}
