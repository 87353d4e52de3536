/**
 * What only the main API holds of a project, kept in KV: fresh for 600 s, served stale for an hour while that
 * API fails. A request asks the main API for at most five; the rest of a list is what KV holds, or null.
 */
import * as z from 'zod';
import { upstreamUnavailable } from '../../schema/errors.ts';
import { DETAIL_MAX_FETCHES } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { readJsonValues, writeJsonValue } from '../storage/kv/json-values.ts';
import {
  PROJECT_DETAIL_FRESH_SECONDS,
  PROJECT_DETAIL_STALE_SECONDS,
  projectDetailKey,
} from '../storage/kv/keys.ts';
import { loaderOf } from './batching.ts';

const detailSchema = z.object({
  about: z.string().nullish(),
  team: z.array(z.object({ name: z.string(), role: z.string() })),
  roadmap: z.array(z.object({ title: z.string(), target_date: z.number().nullish(), done: z.boolean() })),
  tokenomics: z.array(z.object({ label: z.string(), percent: z.number() })),
});
export type ProjectDetailRecord = z.output<typeof detailSchema>;

/** A null detail notes that the main API does not know the project. */
const keptSchema = z.object({ fetchedAt: z.number(), detail: detailSchema.nullable() });
const KEPT_SECONDS = PROJECT_DETAIL_FRESH_SECONDS + PROJECT_DETAIL_STALE_SECONDS;

export interface ProjectDetailLoader {
  /** Null where the main API knows nothing, and in a list beyond what may be asked for. */
  byProjectId(id: string): Promise<ProjectDetailRecord | null>;
}

export interface ProjectDetailSources {
  kv: KVNamespace;
  fetchDetail(projectId: string): Promise<ProjectDetailRecord | null>;
  nowSeconds: number;
  waitUntil(promise: Promise<unknown>): void;
}

type Details = Map<string, ProjectDetailRecord | null | Error>;

/** One set a request. */
export function createProjectDetailLoader(sources: ProjectDetailSources): ProjectDetailLoader {
  let fetchesLeft = DETAIL_MAX_FETCHES;
  const byProjectId = loaderOf(async (ids: readonly string[]) => {
    const kept = await readKept(sources.kv, ids);
    const details: Details = new Map();
    const due: string[] = [];
    for (const id of ids) {
      const entry = kept.get(projectDetailKey(id));
      const age = entry === undefined ? Number.POSITIVE_INFINITY : sources.nowSeconds - entry.fetchedAt;
      // KV ends an entry on its own clock, and not to the second.
      if (entry !== undefined && age < KEPT_SECONDS) details.set(id, entry.detail);
      if (age >= PROJECT_DETAIL_FRESH_SECONDS) due.push(id);
    }
    // Those with nothing at all come before those that are only stale.
    due.sort((a, b) => Number(details.has(a)) - Number(details.has(b)));
    const asked = due.slice(0, fetchesLeft);
    fetchesLeft -= asked.length;
    await Promise.all(asked.map((id) => refresh(sources, id, details)));
    return details;
  });
  return { byProjectId: (id) => byProjectId.load(id) };
}

async function readKept(kv: KVNamespace, ids: readonly string[]) {
  try {
    return await readJsonValues(kv, ids.map(projectDetailKey), keptSchema);
  } catch (error) {
    log.error('details.unreadable', errorFields(error));
    return new Map<string, z.output<typeof keptSchema>>();
  }
}

async function refresh(sources: ProjectDetailSources, id: string, details: Details): Promise<void> {
  try {
    const detail = await sources.fetchDetail(id);
    details.set(id, detail);
    const kept = { fetchedAt: sources.nowSeconds, detail };
    sources.waitUntil(writeJsonValue(sources.kv, projectDetailKey(id), kept, KEPT_SECONDS));
  } catch (error) {
    log.warn('details.fetch_failed', { projectId: id, ...errorFields(error) });
    if (!details.has(id)) {
      details.set(
        id,
        upstreamUnavailable('The main API cannot be reached and nothing is kept of this.', error),
      );
    }
  }
}
