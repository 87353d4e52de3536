/** Adds the minute's rows of isolates to the windows. */

import { LatencyHistogram } from '../observability/latency-histogram.ts';
import {
  JOB_PREFIX,
  type MetricsCell,
  ROUTE_PREFIX,
  UNREGISTERED,
} from '../observability/request-metrics.ts';
import type { Flush } from '../storage/d1/flushes.ts';
import { HOUR_SECONDS } from './watched-time.ts';
import {
  addRecent,
  addSums,
  minuteOf,
  type RecentSlot,
  type RefusedDocument,
  type Windows,
} from './windows.ts';

/** Probes and people who operate the gateway use up no error budget. */
const isOwnTraffic = ({ operationId }: MetricsCell) =>
  operationId === `${ROUTE_PREFIX}/health` || operationId.startsWith(`${ROUTE_PREFIX}/admin`);

const isJob = ({ operationId }: MetricsCell) => operationId.startsWith(JOB_PREFIX);

/** Of refusals, those that say that nobody has registered the id or the document. */
const UNKNOWN_REASONS = new Set([
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_IN_LIST',
  'QUERY_NOT_IN_SAFELIST',
]);

/** @param time.watchedSeconds the watched time of the Unix time `nowSeconds` */
export function absorbFlushes(
  windows: Windows,
  flushes: readonly Flush[],
  time: { watchedSeconds: number; nowSeconds: number },
): void {
  const recent: RecentSlot = {
    at: minuteOf(time.watchedSeconds),
    cells: [],
    refusedDocuments: [],
    d1: LatencyHistogram.of(
      ...flushes.flatMap(({ isolate }) => (isolate === null ? [] : [isolate.d1])),
    ).sparse(),
    memoryShare: greatestShare(flushes),
  };
  const refused = new Map<string, RefusedDocument>();
  for (const { requests, refusals } of flushes) {
    for (const cell of requests) absorbCell(windows, recent, cell, time);
    for (const { reason, client, version, documentId, count } of refusals) {
      if (!UNKNOWN_REASONS.has(reason)) continue;
      const key = JSON.stringify([client, version, documentId]);
      const held = refused.get(key);
      if (held === undefined) refused.set(key, { client, version, documentId, count });
      else held.count += count;
    }
  }
  recent.refusedDocuments = [...refused.values()];
  addRecent(windows, recent);
}

function absorbCell(
  windows: Windows,
  recent: RecentSlot,
  cell: MetricsCell,
  { watchedSeconds, nowSeconds }: { watchedSeconds: number; nowSeconds: number },
): void {
  if (isJob(cell) || isOwnTraffic(cell)) return;
  const { operationId, client, version, outcome, cache, count, faults, durationMs, histogram } = cell;
  // An isolate that had no requests for a while writes late. Its clock may be ahead of this one.
  const ageSeconds = Math.max(0, nowSeconds - cell.lastSeen);
  const added = {
    requests: count,
    faults,
    hits: cache === 'hit' || cache === 'stale' ? count : 0,
    misses: cache === 'miss' ? count : 0,
  };
  // Before the watched time began, everything counts at its beginning.
  addSums(windows, Math.max(0, watchedSeconds - ageSeconds), added, { operationId, client, version, faults });
  if (ageSeconds > HOUR_SECONDS || operationId.startsWith(ROUTE_PREFIX)) return;
  const unknown = operationId === UNREGISTERED && outcome === 'refused' ? count : 0;
  // A refusal says nothing of how long an operation takes.
  const measured = outcome === 'refused' ? { durationMs: 0, histogram: [] } : { durationMs, histogram };
  recent.cells.push({ operationId, client, version, count, unknown, ...measured });
}

function greatestShare(flushes: readonly Flush[]): number | null {
  const shares = flushes.flatMap(({ isolate }) =>
    isolate === null || isolate.memoryMaxBytes === 0 ? [] : [isolate.memoryBytes / isolate.memoryMaxBytes],
  );
  return shares.length === 0 ? null : Math.max(...shares);
}
