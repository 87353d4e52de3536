/** Requests that reached the Worker, by operation, client, outcome, cache, hour or day. */
import * as z from 'zod';
import { METRICS_ANSWER_CELLS_MAX } from '../config.ts';
import { COUNTED_REQUESTS, GROUPS, summariesBy, summaryOf, withoutOtherNames } from '../metrics/summary.ts';
import type { MetricsCell } from '../observability/request-metrics.ts';
import { readFlushDays } from '../storage/d1/flush-days.ts';
import { operationNames } from '../storage/d1/operations.ts';
import { type MetricsFilter, readMetrics, TooManyCellsError } from '../storage/d1/request-metrics.ts';
import { badInput, parsed } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
/** A call reads every row of its time, which takes a second for a month, or for three days by hour. */
const DAYS_MAX = 40;
const DAYS_BY_HOUR_MAX = 3;
const ROWS_MAX = 10_000;

const timeSchema = z
  .union([z.string().regex(/^\d{1,11}$/), z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be Unix seconds or an ISO time',
  })
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Math.floor(Date.parse(text) / 1000)));

const querySchema = z.object({
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  by: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(GROUPS, { error: `must be a list of ${GROUPS.join(', ')}` })))
    .default(['operation']),
  operation: z.string().optional(),
  client: z.string().optional(),
});

/** By default, the operations of the last 24 hours. */
export async function showMetrics(parameters: URLSearchParams, sources: AdminSources) {
  const nowSeconds = Math.floor(sources.nowMs() / 1000);
  const query = parsed(querySchema, Object.fromEntries(parameters));
  const to = query.to ?? nowSeconds;
  const from = query.from ?? to - DAY_SECONDS;
  const byHour = query.by.includes('hour');
  const daysMax = byHour ? DAYS_BY_HOUR_MAX : DAYS_MAX;
  if (from >= to) throw badInput('from: must be before to');
  if (to - from > daysMax * DAY_SECONDS)
    throw badInput(`from: must be at most ${daysMax} days before to${byHour ? ' by hour' : ''}`);
  // Requests that this isolate has counted and not written yet are known.
  await sources.writeUses();
  const cells = await readCells(sources.db, {
    from,
    to,
    byHour,
    operationId: query.operation,
    client: query.client,
    simplified: (cell) => withoutOtherNames(cell, query.by),
  });
  const summaries = summariesBy(cells, query.by);
  const shown = summaries.slice(0, ROWS_MAX);
  const ids = new Set(shown.flatMap(({ operationId = [] }) => operationId));
  const stored = await operationNames(sources.db, [...ids]);
  const names = new Map(stored.map(({ id, name }) => [id, name]));
  return {
    from: isoTime(Math.floor(from / HOUR_SECONDS) * HOUR_SECONDS),
    to: isoTime(Math.ceil(to / HOUR_SECONDS) * HOUR_SECONDS),
    counted: COUNTED_REQUESTS,
    total: summaryOf(cells),
    rows: shown.map(({ operationId, ...row }) =>
      operationId === undefined
        ? row
        : { operationId, operationName: names.get(operationId) ?? null, ...row },
    ),
    leftOut: summaries.length - shown.length,
    ...(await readFlushDays(sources.db, { from, to })),
  };
}

async function readCells(db: D1Database, filter: MetricsFilter): Promise<MetricsCell[]> {
  try {
    return await readMetrics(db, { ...filter, cellsMax: METRICS_ANSWER_CELLS_MAX });
  } catch (error) {
    if (!(error instanceof TooManyCellsError)) throw error;
    throw badInput('by: too many groups; ask for less time, fewer groups, or one operation or client');
  }
}

const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
