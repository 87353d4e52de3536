/** The parts of the answer of `GET /admin/metrics` that commands read. */
import * as z from 'zod';
import { CALL_NAMES, type CallCounts } from '../../src/observability/call-counts.ts';
import { CACHE_RESULTS, REQUEST_OUTCOMES } from '../../src/observability/request-metrics.ts';

const calls = z.object(
  Object.fromEntries(CALL_NAMES.map((name) => [name, z.number()])) as Record<keyof CallCounts, z.ZodNumber>,
);

/** The names of a row are those that were asked for by `by`. */
export const metricsAnswer = z.object({
  /** ISO times. Hours count whole. */
  from: z.string(),
  to: z.string(),
  rows: z.array(
    z.object({
      operationId: z.string().optional(),
      /** Null if no operation with this id is stored. */
      operationName: z.string().nullable().optional(),
      client: z.string().optional(),
      version: z.string().optional(),
      outcome: z.enum(REQUEST_OUTCOMES).optional(),
      cache: z.enum(CACHE_RESULTS).optional(),
      day: z.string().optional(),
      count: z.number(),
      faults: z.number(),
      hitRate: z.number().nullable(),
      p95Ms: z.number().nullable(),
      bytes: z.number(),
      calls,
    }),
  ),
  /** Rows beyond the most that an answer has. */
  leftOut: z.number(),
});
export type MetricsRow = z.infer<typeof metricsAnswer>['rows'][number];
