/**
 * Counts requests that have operation, client release, hour, outcome and cache in common, in a bounded number of cells.
 *
 * Beyond the first bound, new clients count without their name; beyond the second, new operations count as
 * `unregistered`, and new jobs as `job:other`. No request is left out, so sums stay right.
 */
import { REQUEST_CELLS_MAX } from '../config.ts';
import { addCalls, type CallCounts, noCalls } from '../observability/call-counts.ts';
import { LatencyHistogram } from '../observability/latency-histogram.ts';
import { addCounts } from '../observability/merged-cells.ts';
import {
  CACHE_RESULTS,
  JOB_PREFIX,
  type MetricsCell,
  REQUEST_OUTCOMES,
  UNREGISTERED,
} from '../observability/request-metrics.ts';

/** One for each outcome and cache, and for each outcome of jobs, for what no other cell has room for. */
const LAST_CELLS = REQUEST_OUTCOMES.length * CACHE_RESULTS.length + REQUEST_OUTCOMES.length;
const OTHER_JOB = `${JOB_PREFIX}other`;
const NAMELESS_CELLS_MAX = REQUEST_CELLS_MAX - LAST_CELLS;
/** Room is kept for each operation to count without names. */
const NAMED_CELLS_MAX = Math.floor(NAMELESS_CELLS_MAX * 0.8);
/** A cell and its key, with texts as long as they may be and each bucket of its histogram in use. */
const CELL_BYTES = 2_300;
const HOUR_SECONDS = 3_600;

export type CellKey = Pick<MetricsCell, 'operationId' | 'client' | 'version' | 'hour' | 'outcome' | 'cache'>;

/** A cell that still counts. */
export interface CountingCell extends Omit<MetricsCell, 'histogram'> {
  histogram: LatencyHistogram;
}

/** The part of one request in the sums. */
export interface CountedRequest extends CellKey {
  /** Unix seconds. */
  seconds: number;
  durationMs: number;
  bytes: number;
  errors: number;
  isFault: boolean;
  calls: Readonly<CallCounts>;
}

export const hourOf = (seconds: number) => Math.floor(seconds / HOUR_SECONDS);

export class RequestCells {
  #cells = new Map<string, CountingCell>();

  get size(): number {
    return this.#cells.size;
  }

  /** Bytes, by the number of cells. */
  get weight(): number {
    return this.size * CELL_BYTES;
  }

  add(request: CountedRequest): void {
    const { seconds, durationMs, bytes, errors, isFault, calls } = request;
    const cell = this.cell(request, seconds);
    cell.count += 1;
    cell.lastSeen = Math.max(cell.lastSeen, seconds);
    cell.firstSeen = Math.min(cell.firstSeen, seconds);
    cell.faults += isFault ? 1 : 0;
    cell.errors += errors;
    cell.bytes += bytes;
    cell.durationMs += Math.max(0, durationMs);
    addCalls(cell.calls, calls);
    cell.histogram.add(durationMs);
  }

  /** The cell that counts such requests, perhaps without their client or operation. */
  cell(key: CellKey, seconds: number): CountingCell {
    return (
      this.#found(key, seconds, NAMED_CELLS_MAX) ??
      this.#found({ ...key, client: '', version: '' }, seconds, NAMELESS_CELLS_MAX) ??
      this.#last(key, seconds)
    );
  }

  /** The cells so far. Nothing is counted in them afterwards. */
  take(): CountingCell[] {
    const cells = [...this.#cells.values()];
    this.#cells = new Map();
    return cells;
  }

  /** Counts cells again that could not be written. */
  giveBack(cells: readonly CountingCell[]): void {
    for (const given of cells) {
      const cell = this.cell(given, given.firstSeen);
      addCounts(cell, given);
      cell.histogram.merge(given.histogram.sparse());
    }
  }

  #found(key: CellKey, seconds: number, maxCells: number): CountingCell | null {
    const text = `${key.operationId}\n${key.client}\n${key.version}\n${key.hour}\n${key.outcome}\n${key.cache}`;
    return this.#cells.get(text) ?? (this.size < maxCells ? this.#opened(text, key, seconds) : null);
  }

  /** One for all hours: the number of cells is bounded. */
  #last({ operationId: sought, hour, outcome, cache }: CellKey, seconds: number): CountingCell {
    const operationId = sought.startsWith(JOB_PREFIX) ? OTHER_JOB : UNREGISTERED;
    const text = `${operationId}\n${outcome}\n${cache}`;
    const key = { operationId, client: '', version: '', hour, outcome, cache };
    return this.#cells.get(text) ?? this.#opened(text, key, seconds);
  }

  #opened(text: string, key: CellKey, seconds: number): CountingCell {
    const { operationId, client, version, hour, outcome, cache } = key;
    const cell: CountingCell = {
      operationId,
      client,
      version,
      hour,
      outcome,
      cache,
      firstSeen: seconds,
      lastSeen: seconds,
      count: 0,
      faults: 0,
      errors: 0,
      bytes: 0,
      durationMs: 0,
      calls: noCalls(),
      histogram: new LatencyHistogram(),
    };
    this.#cells.set(text, cell);
    return cell;
  }
}

export const settledCell = ({ histogram, ...cell }: CountingCell): MetricsCell => ({
  ...cell,
  histogram: histogram.sparse(),
});
