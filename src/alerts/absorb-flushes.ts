/** Adds the minute's rows of isolates to the windows. */
import { LatencyHistogram } from '../observability/latency-histogram.ts';
import {
  type MetricsCell,
  ROUTE_PREFIX,
  UNREGISTERED,
  usesErrorBudget,
} from '../observability/request-metrics.ts';
import type { Flush } from '../storage/d1/flushes.ts';
import { CountedReleases } from './counted-releases.ts';
import { MINUTE_SECONDS } from './watched-time.ts';
import {
  addRecent,
  addSums,
  MINUTES_KEPT,
  type RecentCell,
  type RefusedDocument,
  type Sums,
  type Windows,
  type Worst,
  watchedMinuteOf,
} from './windows.ts';

/**
 * No flood hides an outage: a refusal is the caller's, and anybody may ask for any path. A route without an operation counts
 * where it failed.
 */
const budgetedRequests = ({ operationId, outcome, count, faults }: MetricsCell): number => {
  if (operationId.startsWith(ROUTE_PREFIX)) return faults;
  return outcome === 'refused' ? 0 : count;
};

/** Reasons of refusals that say that nobody has registered the id or the document, or that all its releases are retired. */
const UNKNOWN_REASONS = new Set([
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_IN_LIST',
  'PERSISTED_QUERY_RETIRED',
  'QUERY_NOT_IN_SAFELIST',
]);

/** Those with the most faults: an outage has thousands. */
const CULPRITS_A_LOOK = 50;

/** The counts of all isolates for one operation and client release in the same minute. */
interface MergedCells extends Worst {
  minutesAgo: number;
  count: number;
  /** Those that count for the error budget. */
  requests: number;
  faults: number;
  hits: number;
  misses: number;
  /** Leaves out refused requests: a refusal does not show how long an operation takes. */
  durationMs: number;
  histogram: LatencyHistogram;
}

/** @param time.watchedSeconds the watched time of the Unix time `nowSeconds` */
export function absorbFlushes(
  windows: Windows,
  flushes: readonly Flush[],
  { watchedSeconds, nowSeconds }: { watchedSeconds: number; nowSeconds: number },
): void {
  const cells: RecentCell[] = [];
  const merged = [...mergedByMinute(flushes, nowSeconds)];
  // Before the watched time began, everything counts at its beginning.
  const watchedAt = (minutesAgo: number) => Math.max(0, watchedSeconds - minutesAgo * MINUTE_SECONDS);
  for (const [minutesAgo, sums] of sumsByMinute(merged)) addSums(windows, watchedAt(minutesAgo), sums);
  const withFaults = merged
    .filter(({ faults }) => faults > 0)
    .sort((left, right) => right.faults - left.faults);
  for (const { minutesAgo, operationId, client, version, faults } of withFaults.slice(0, CULPRITS_A_LOOK))
    addSums(windows, watchedAt(minutesAgo), {}, { operationId, client, version, faults });
  for (const { minutesAgo, operationId, client, version, count, ...cell } of merged) {
    if (minutesAgo > MINUTES_KEPT || operationId.startsWith(ROUTE_PREFIX)) continue;
    const { misses, durationMs, histogram } = cell;
    cells.push({
      ...{ operationId, client, version, count, unknown: 0, misses, durationMs },
      histogram: histogram.sparse(),
    });
  }
  const releases = new CountedReleases(merged);
  const refused = refusedDocuments(flushes, releases);
  addRecent(windows, {
    at: watchedMinuteOf(watchedSeconds),
    cells: [...cells, ...unknownCells(refused, releases)],
    refusedDocuments: refused,
    d1: LatencyHistogram.of(
      ...flushes.flatMap(({ isolate }) => (isolate === null ? [] : [isolate.d1])),
    ).sparse(),
    memoryShare: greatestShare(flushes),
  });
}

function sumsByMinute(merged: readonly MergedCells[]): Map<number, Partial<Sums>> {
  const byMinute = new Map<number, { requests: number; faults: number; hits: number; misses: number }>();
  for (const { minutesAgo, requests, faults, hits, misses } of merged) {
    const sums = byMinute.get(minutesAgo) ?? { requests: 0, faults: 0, hits: 0, misses: 0 };
    byMinute.set(minutesAgo, sums);
    sums.requests += requests;
    sums.faults += faults;
    sums.hits += hits;
    sums.misses += misses;
  }
  return byMinute;
}

function mergedByMinute(flushes: readonly Flush[], nowSeconds: number): Iterable<MergedCells> {
  const merged = new Map<string, MergedCells>();
  for (const cell of flushes.flatMap(({ requests }) => requests)) {
    if (!usesErrorBudget(cell.operationId)) continue;
    const { operationId, client, version, outcome, cache, count } = cell;
    // An isolate that had no requests for a while writes late. Its clock may be ahead of this one.
    const minutesAgo = Math.floor(Math.max(0, nowSeconds - cell.lastSeen) / MINUTE_SECONDS);
    const key = JSON.stringify([minutesAgo, operationId, client, version]);
    const sum = merged.get(key) ?? {
      ...{ operationId, client, version, minutesAgo, count: 0, requests: 0, faults: 0, hits: 0, misses: 0 },
      ...{ durationMs: 0, histogram: new LatencyHistogram() },
    };
    merged.set(key, sum);
    sum.count += count;
    sum.requests += budgetedRequests(cell);
    sum.faults += cell.faults;
    if (cache === 'hit' || cache === 'stale') sum.hits += count;
    if (cache === 'miss') sum.misses += count;
    if (outcome !== 'refused') {
      sum.durationMs += cell.durationMs;
      sum.histogram.merge(cell.histogram);
    }
  }
  return merged.values();
}

/** For clients that releases bear alone: anybody may send other names, without end. */
function refusedDocuments(flushes: readonly Flush[], releases: CountedReleases): RefusedDocument[] {
  const documents = new Map<string, RefusedDocument>();
  for (const { reason, client, version, documentId, count } of flushes.flatMap(({ refusals }) => refusals)) {
    if (!UNKNOWN_REASONS.has(reason) || releases.of({ client, version }) === null) continue;
    const key = JSON.stringify([client, version, documentId]);
    const held = documents.get(key);
    if (held === undefined) documents.set(key, { client, version, documentId, count });
    else held.count += count;
  }
  return [...documents.values()];
}

/** The refusals of each release, under the name that cells of its requests have. */
function unknownCells(documents: readonly RefusedDocument[], releases: CountedReleases): RecentCell[] {
  const cells = new Map<string, RecentCell>();
  for (const document of documents) {
    const release = releases.of(document);
    if (release === null) continue;
    const key = JSON.stringify([release.client, release.version]);
    const none = { count: 0, unknown: 0, misses: 0, durationMs: 0, histogram: [] };
    const cell = cells.get(key) ?? { operationId: UNREGISTERED, ...release, ...none };
    cells.set(key, cell);
    cell.unknown += document.count;
  }
  return [...cells.values()];
}

function greatestShare(flushes: readonly Flush[]): number | null {
  const shares = flushes.flatMap(({ isolate }) =>
    isolate === null || isolate.memoryMaxBytes === 0 ? [] : [isolate.memoryBytes / isolate.memoryMaxBytes],
  );
  return shares.length === 0 ? null : Math.max(...shares);
}
