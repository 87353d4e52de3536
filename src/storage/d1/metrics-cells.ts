/** The form of a metrics cell in the JSON of D1's rows: an array, whose order is that of `CELL`. */
import * as z from 'zod';
import { CALL_NAMES, noCalls } from '../../observability/call-counts.ts';
import { CACHE_RESULTS, type MetricsCell, REQUEST_OUTCOMES } from '../../observability/request-metrics.ts';

const count = z.int().min(0);
const unixTime = z.int();

/** Values are only appended: the builds of a deployment read each other's rows. */
const CELL = z.tuple(
  [
    z.string(),
    z.string(),
    z.string(),
    unixTime,
    z.enum(REQUEST_OUTCOMES),
    z.enum(CACHE_RESULTS),
    unixTime,
    unixTime,
    count,
    count,
    count,
    count,
    z.number(),
    z.array(count),
    z.array(count),
  ],
  z.unknown(),
);

export const encodedCell = (cell: MetricsCell): unknown[] => [
  cell.operationId,
  cell.client,
  cell.version,
  cell.hour,
  cell.outcome,
  cell.cache,
  cell.firstSeen,
  cell.lastSeen,
  cell.count,
  cell.faults,
  cell.errors,
  cell.bytes,
  cell.durationMs,
  CALL_NAMES.map((name) => cell.calls[name]),
  cell.histogram,
];

/** Null where the value has not the form. Counts of calls that the row's build did not know are zero. */
export function parsedCell(value: unknown): MetricsCell | null {
  const { data } = CELL.safeParse(value);
  if (data === undefined) return null;
  const [operationId, client, version, hour, outcome, cache, firstSeen, lastSeen, ...rest] = data;
  const [requests, faults, errors, bytes, durationMs, callCounts, histogram] = rest;
  const calls = noCalls();
  for (const [index, name] of CALL_NAMES.entries()) calls[name] = callCounts[index] ?? 0;
  return {
    operationId,
    client,
    version,
    hour,
    outcome,
    cache,
    firstSeen,
    lastSeen,
    count: requests,
    faults,
    errors,
    bytes,
    durationMs,
    calls,
    histogram,
  };
}
