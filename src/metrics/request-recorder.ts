/**
 * The one writer of metrics: each request becomes a point of Analytics Engine and a part of a cell, from the same record.
 *
 * It never throws and never waits. `operations/usage.ts` writes the cells to D1 once a minute, in the row of uses. An
 * isolate that ends loses what it has counted since its last row.
 */
import { type CallCounts, noCalls } from '../observability/call-counts.ts';
import type { IsolateCalls } from '../observability/isolate-calls.ts';
import { LatencyHistogram, type SparseHistogram } from '../observability/latency-histogram.ts';
import {
  JOB_PREFIX,
  OTHER_CLIENT,
  type RequestOutcome,
  ROUTE_PREFIX,
  type Transport,
} from '../observability/request-metrics.ts';
import { ownCopy } from '../storage/bounded-memory.ts';
import type { OtherClient } from '../storage/d1/flushes.ts';
import { FrequentClients } from './frequent-clients.ts';
import { LiveCounts, type LiveTotals } from './live-counts.ts';
import type { MeasuredOperation, MeasuredRequest, NamedClient, RequestEnd } from './measured-request.ts';
import { type CountingCell, hourOf, RequestCells } from './request-cells.ts';
import {
  BYTES_DOUBLE,
  COUNTRY_BLOB,
  type RequestPoint,
  type RequestPoints,
  STATUS_DOUBLE,
} from './request-points.ts';

export interface RecorderSources {
  points: RequestPoints;
  /** True if a release bears the name, and the version if one is given. */
  isReleased(client: string, version?: string): boolean;
  /** Calls of the isolate beside requests, jobs and operations. */
  calls: Pick<IsolateCalls, 'takeBackground' | 'takeD1'>;
}

/** Counts since the last row. */
export interface RecordedCounts {
  cells: CountingCell[];
  others: OtherClient[];
  live: LiveTotals;
  /** Durations of round trips to D1. */
  d1: SparseHistogram;
}

/** Hits of one answer by one client: nothing but their country and length differs. */
export interface CountedHits {
  cell: CountingCell;
  point: RequestPoint;
  /** Set if the client's name is not in the cell. */
  other: { client: string; version: string } | null;
}

export interface HitOf {
  operationId: string;
  operationName: string;
  kind: string;
  transport: Transport;
}

export interface EndedJob {
  job: string;
  outcome: RequestOutcome;
  durationMs: number;
  calls: Readonly<CallCounts>;
}

/** Calls that belong to no request, job or operation, as a job that runs once for each row. */
const BACKGROUND = 'background';
const UNNAMED: NamedClient = { name: null, version: null };
const NAME_MAX_CHARACTERS = 64;
const shortened = (text: string | null) => ownCopy((text ?? '').slice(0, NAME_MAX_CHARACTERS));
const nameOf = ({ id, name }: MeasuredOperation) => (id === null ? '' : name);

/** An answer from memory: its status, and the bytes of its body. */
export interface SentHit {
  status: number;
  bytes: number;
}

export class RequestRecorder {
  readonly live = new LiveCounts();
  readonly #sources: RecorderSources;
  readonly #cells = new RequestCells();
  readonly #others = new FrequentClients();
  #unwrittenD1: SparseHistogram = [];

  constructor(sources: RecorderSources) {
    this.#sources = sources;
  }

  /** The number of cells; the entries of `/health`. */
  get size(): number {
    return this.#cells.size;
  }

  /** Bytes. */
  get weight(): number {
    return this.#cells.weight + this.#others.weight;
  }

  get isEmpty(): boolean {
    return this.#cells.size === 0 && this.live.isEmpty;
  }

  record(request: MeasuredRequest, end: RequestEnd): void {
    const { points } = this.#sources;
    const { route, operation, operationId, transport, country } = request;
    const { endedAtMs } = end;
    const { outcome, cache, isFault, errorCode, errors, status, bytes, durationMs, calls } =
      request.ended(end);
    const { client, version, other } = this.#known(request.client ?? UNNAMED);
    if (other !== null) this.#others.add(other.client, other.version);
    const seconds = Math.floor(endedAtMs / 1000);
    // Each request comes here, and spreads of objects take several times as long.
    this.#cells.add({
      operationId: route === '' ? operationId : ROUTE_PREFIX + route,
      client,
      version,
      hour: hourOf(seconds),
      outcome,
      cache,
      seconds,
      durationMs,
      bytes,
      errors,
      isFault,
      calls,
    });
    const point = points.pointOf({
      operationId,
      name: route === '' ? nameOf(operation) : route,
      kind: operation.kind,
      client,
      version,
      outcome,
      errorCode,
      cache,
      transport,
      country,
      durationMs,
      status,
      bytes,
      errors,
      calls,
    });
    points.write(point, endedAtMs);
  }

  /** Where hits of this answer by this client count, until the hour ends or the counts are taken. */
  hitsOf(hit: HitOf, named: NamedClient, seconds: number): CountedHits {
    const { client, version, other } = this.#known(named);
    const { operationId, operationName: name, kind, transport } = hit;
    const outcome = 'ok';
    const cache = 'hit';
    const key = { operationId, client, version, hour: hourOf(seconds), outcome, cache } as const;
    const calls = noCalls();
    const none = { errorCode: '', country: '', durationMs: 0, status: 200, bytes: 0, errors: 0, calls };
    const point = this.#sources.points.pointOf({ ...key, ...none, name, kind, transport });
    return { cell: this.#cells.cell(key, seconds), point, other };
  }

  /** No time passes in a hit. One of a client that a release bears allocates nothing. */
  hit({ cell, point, other }: CountedHits, { status, bytes }: SentHit, country: string, nowMs: number): void {
    const seconds = Math.floor(nowMs / 1000);
    cell.count += 1;
    if (seconds > cell.lastSeen) cell.lastSeen = seconds;
    // A clock may be set back.
    else if (seconds < cell.firstSeen) cell.firstSeen = seconds;
    cell.bytes += bytes;
    cell.histogram.add(0);
    if (other !== null) this.#others.add(other.client, other.version);
    point.blobs[COUNTRY_BLOB] = country;
    point.doubles[STATUS_DOUBLE] = status;
    point.doubles[BYTES_DOUBLE] = bytes;
    this.#sources.points.write(point, nowMs);
  }

  /** Jobs have no points. */
  countRun({ job, outcome, durationMs, calls }: EndedJob, seconds: number): void {
    const isFault = outcome === 'error';
    this.#cells.add({
      operationId: JOB_PREFIX + job,
      client: '',
      version: '',
      outcome,
      cache: 'bypass',
      hour: hourOf(seconds),
      seconds,
      durationMs,
      bytes: 0,
      errors: outcome === 'ok' ? 0 : 1,
      isFault,
      calls,
    });
  }

  take(nowMs: number): RecordedCounts {
    const { calls } = this.#sources;
    const background = {
      job: BACKGROUND,
      outcome: 'ok',
      durationMs: 0,
      calls: calls.takeBackground(),
    } as const;
    this.countRun(background, Math.floor(nowMs / 1000));
    const d1 = LatencyHistogram.of(this.#unwrittenD1, calls.takeD1()).sparse();
    this.#unwrittenD1 = [];
    return { cells: this.#cells.take(), others: this.#others.take(), live: this.live.take(), d1 };
  }

  /** Counts again what could not be written. */
  giveBack({ cells, others, live, d1 }: RecordedCounts): void {
    this.#unwrittenD1 = d1;
    this.#cells.giveBack(cells);
    for (const { client, version, count } of others) this.#others.add(client, version, count);
    this.live.giveBack(live);
  }

  /** Clients choose their names: one that no release bears is `other`, and so is such a version of a name. */
  #known(named: NamedClient): { client: string; version: string; other: CountedHits['other'] } {
    if (named.name === null) return { client: '', version: '', other: null };
    const { isReleased } = this.#sources;
    const client = shortened(named.name);
    const version = shortened(named.version);
    if (!isReleased(named.name)) return { client: OTHER_CLIENT, version: '', other: { client, version } };
    if (named.version === null || isReleased(named.name, named.version))
      return { client, version, other: null };
    return { client, version: OTHER_CLIENT, other: { client, version } };
  }
}
