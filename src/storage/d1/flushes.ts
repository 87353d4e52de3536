/**
 * Reads the rows that isolates write each minute, before and while the cleanup adds them up.
 *
 * A part that has not the form is left out and counted: no row keeps the others from being read.
 */
import * as z from 'zod';
import type { SparseHistogram } from '../../observability/latency-histogram.ts';
import type { MetricsCell } from '../../observability/request-metrics.ts';
import { parseJson } from '../parse-json.ts';
import { parsedCell } from './metrics-cells.ts';
import type { RefusalCount } from './operation-usage.ts';

export interface Flush {
  /** Rises with each row that is written. */
  flushId: number;
  /** Unix seconds by the isolate's clock; 0 of a build that did not write it. */
  writtenAt: number;
  /** Empty of a build that did not write it. */
  workerVersion: string;
  requests: MetricsCell[];
  refusals: RefusalCount[];
  others: OtherClient[];
  /** Null where the row has none. */
  isolate: IsolateState | null;
  /** Null where the row has none. */
  live: LiveState | null;
  /** Parts that were left out. */
  malformed: number;
}

/** A client as it names itself, which no release bears. */
export interface OtherClient {
  client: string;
  version: string;
  count: number;
}

export interface IsolateState {
  /** Durations of D1's queries since the last row. */
  d1: SparseHistogram;
  memoryBytes: number;
  /** The isolate's budget. */
  memoryMaxBytes: number;
}

/** The state of one hub, or of several that share the isolate. Sockets and operations are those of the moment, the others counts since the last row. */
export interface LiveState {
  hubs: { hubId: string; sockets: number; operations: number }[];
  opened: number;
  events: number;
  resumes: number;
  gaps: number;
  /** By close code. */
  closes: Record<string, number>;
}

const count = z.int().min(0);

const REFUSAL = z
  .tuple([z.string(), z.string(), z.string(), z.string(), z.int(), count, z.int()], z.unknown())
  .transform(([reason, documentId, client, version, day, refusals, lastSeen]) => ({
    reason,
    documentId,
    client,
    version,
    day,
    count: refusals,
    lastSeen,
  }));

const OTHER = z
  .tuple([z.string(), z.string(), count], z.unknown())
  .transform(([client, version, requests]) => ({ client, version, count: requests }));

const ISOLATE = z.object({ d1: z.array(count), memoryBytes: count, memoryMaxBytes: count });

const HUB = z
  .tuple([z.string(), count, count], z.unknown())
  .transform(([hubId, sockets, operations]) => ({ hubId, sockets, operations }));

const LIVE = z.object({
  hubs: z.array(HUB),
  opened: count,
  events: count,
  resumes: count,
  gaps: count,
  closes: z.record(z.string(), count),
});

const COUNTS = z.looseObject({});

/** The parts of a row that have their form. */
class FlushParts {
  /** Parts that were left out. */
  malformed = 0;
  readonly #parts: Record<string, unknown>;

  constructor(counts: string) {
    const parts = parseJson(counts, COUNTS);
    if (parts === undefined) this.malformed += 1;
    this.#parts = parts ?? {};
  }

  get requests(): MetricsCell[] {
    return this.#list('requests', parsedCell);
  }

  get refusals(): RefusalCount[] {
    return this.#list('refusals', (entry) => REFUSAL.safeParse(entry).data ?? null);
  }

  get others(): OtherClient[] {
    return this.#list('others', (entry) => OTHER.safeParse(entry).data ?? null);
  }

  get isolate(): IsolateState | null {
    return this.#part('isolate', ISOLATE);
  }

  get live(): LiveState | null {
    return this.#part('live', LIVE);
  }

  #list<Item>(name: string, parse: (entry: unknown) => Item | null): Item[] {
    const value = this.#parts[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.malformed += 1;
      return [];
    }
    const items = value.map(parse).filter((item) => item !== null);
    this.malformed += value.length - items.length;
    return items;
  }

  #part<Part>(name: string, form: z.ZodType<Part>): Part | null {
    const value = this.#parts[name];
    if (value === undefined) return null;
    const { data } = form.safeParse(value);
    if (data === undefined) this.malformed += 1;
    return data ?? null;
  }
}

export interface FlushRow {
  flushId: number;
  writtenAt: number;
  workerVersion: string;
  counts: string;
}

export function parsedFlush({ counts, ...row }: FlushRow): Flush {
  const parts = new FlushParts(counts);
  const { requests, refusals, others, isolate, live } = parts;
  return { ...row, requests, refusals, others, isolate, live, malformed: parts.malformed };
}

/** Row that keeps the greatest id in the table, so that the ids of later flushes rise. The cleanup leaves it. */
export const EMPTY_COUNTS = '{"uses":[],"refusals":[]}';

/** Bytes of one page. Its last flush may exceed them. */
export const FLUSH_PAGE_BYTES = 1_000_000;
const PAGE_FLUSHES = 1_000;

const PAGE_SQL = `SELECT flushId, writtenAt, counts FROM (
    SELECT flush_id AS flushId, written_at AS writtenAt, counts,
      sum(octet_length(counts)) OVER (ORDER BY flush_id) - octet_length(counts) AS bytes_before
    FROM usage_flush WHERE flush_id > ?1 AND flush_id <= ?2 ORDER BY flush_id LIMIT ${PAGE_FLUSHES})
  WHERE bytes_before < ${FLUSH_PAGE_BYTES} ORDER BY flushId`;

/** The parts of a flush that the cleanup adds up, beside uses and refusals. `malformed` counts the entries of these parts that were left out. */
export type FoldedFlush = Pick<Flush, 'writtenAt' | 'requests' | 'others' | 'live' | 'malformed'>;

/** Every flush up to one, in bounded memory. */
export async function* eachFlush(db: D1Database, lastFlushId: number): AsyncGenerator<FoldedFlush> {
  let afterId = Number.MIN_SAFE_INTEGER;
  while (afterId < lastFlushId) {
    const { results } = await db
      .prepare(PAGE_SQL)
      .bind(afterId, lastFlushId)
      .all<Pick<FlushRow, 'flushId' | 'writtenAt' | 'counts'>>();
    const last = results.at(-1);
    if (last === undefined) return;
    afterId = last.flushId;
    for (const { writtenAt, counts } of results) {
      const parts = new FlushParts(counts);
      const unreadable = parts.malformed;
      const { requests, others, live } = parts;
      yield { writtenAt, requests, others, live, malformed: parts.malformed - unreadable };
    }
  }
}

/** 0 where there is no flush. */
export const newestFlushId = async (db: D1Database): Promise<number> =>
  (await db.prepare('SELECT max(flush_id) AS id FROM usage_flush').first<number>('id')) ?? 0;

/** Uses are not asked for: they are half of a busy isolate's row. */
export const WATCHED_SQL = `SELECT flushId, writtenAt, workerVersion,
    iif(json_valid(counts), json_remove(counts, '$.uses'), counts) AS counts FROM (
    SELECT flush_id AS flushId, written_at AS writtenAt, worker_version AS workerVersion, counts,
      sum(octet_length(counts)) OVER (ORDER BY flush_id) - octet_length(counts) AS bytes_before
    FROM usage_flush WHERE flush_id > ?1 ORDER BY flush_id LIMIT ?2)
  WHERE bytes_before < ${FLUSH_PAGE_BYTES} ORDER BY flushId`;

/**
 * A page of the oldest flushes with a greater id: at most `limit`, and those of about a megabyte. None where there is none
 * left. Those that the cleanup has added up are gone.
 */
export async function readFlushes(db: D1Database, afterId: number, limit: number): Promise<Flush[]> {
  const { results } = await db.prepare(WATCHED_SQL).bind(afterId, limit).all<FlushRow>();
  return results.map(parsedFlush);
}
