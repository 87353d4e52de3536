/**
 * Adds up the flushes of a look page by page, as one flush of bounded size: clients choose their names, and some hundred
 * isolates may write in the same minute.
 */
import { addToSparse, type SparseHistogram } from '../observability/latency-histogram.ts';
import { type MetricsCell, usesErrorBudget } from '../observability/request-metrics.ts';
import type { Flush, IsolateState } from '../storage/d1/flushes.ts';
import type { RefusalCount } from '../storage/d1/operation-usage.ts';
import { type CellLimits, rolledUpCells } from '../storage/d1/rolled-up-cells.ts';
import { HOUR_SECONDS, MINUTE_SECONDS } from './watched-time.ts';

/** Beyond these, cells count without their client, and then without their operation. */
const CELL_LIMITS: CellLimits = { cells: 5_000, cellsWithOthers: 6_000, cellsOfOperation: 1_000 };
/** Beyond it, refusals count without their document, and beyond twice as many without their client. */
export const REFUSALS_HELD = 5_000;

export class FlushSum {
  /** That were added. */
  flushes = 0;
  readonly #nowSeconds: number;
  /** In place of its hour, a cell has the minutes since its last request. */
  #cells: MetricsCell[] = [];
  readonly #refusals = new Map<string, RefusalCount>();
  readonly #d1: SparseHistogram = [];
  #fullest: IsolateState | null = null;

  constructor(nowSeconds: number) {
    this.#nowSeconds = nowSeconds;
  }

  add(page: readonly Flush[]): void {
    const cells = page
      .flatMap(({ requests }) => requests)
      .filter(({ operationId }) => usesErrorBudget(operationId))
      .map((cell) => ({ ...cell, hour: this.#minutesAgo(cell) }));
    this.#cells = rolledUpCells(this.#cells, cells, CELL_LIMITS);
    for (const { refusals, isolate } of page) {
      for (const refusal of refusals) this.#addRefusal(refusal);
      if (isolate !== null) this.#addIsolate(isolate);
    }
    this.flushes += page.length;
  }

  /** The figures that the rules look at, as if one isolate had written them. */
  flush(): Flush {
    return {
      ...{ flushId: 0, writtenAt: this.#nowSeconds, workerVersion: '', others: [], live: null, malformed: 0 },
      requests: this.#cells.map((cell) => ({ ...cell, hour: Math.floor(cell.lastSeen / HOUR_SECONDS) })),
      refusals: [...this.#refusals.values()],
      isolate: this.#fullest && { ...this.#fullest, d1: this.#d1 },
    };
  }

  #minutesAgo = ({ lastSeen }: MetricsCell) =>
    Math.floor(Math.max(0, this.#nowSeconds - lastSeen) / MINUTE_SECONDS);

  #addRefusal(refusal: RefusalCount): void {
    const unnamed = { ...refusal, documentId: '' };
    const places = [
      { place: refusal, room: REFUSALS_HELD },
      { place: unnamed, room: 2 * REFUSALS_HELD },
      { place: { ...unnamed, client: '', version: '' }, room: Number.POSITIVE_INFINITY },
    ];
    for (const { place, room } of places) {
      const key = JSON.stringify([place.reason, place.documentId, place.client, place.version]);
      const held = this.#refusals.get(key);
      if (held === undefined && this.#refusals.size >= room) continue;
      if (held === undefined) this.#refusals.set(key, { ...place });
      else {
        held.count += place.count;
        held.lastSeen = Math.max(held.lastSeen, place.lastSeen);
      }
      return;
    }
  }

  #addIsolate(isolate: IsolateState): void {
    addToSparse(this.#d1, isolate.d1);
    if (this.#fullest === null || shareOf(isolate) > shareOf(this.#fullest)) this.#fullest = isolate;
  }
}

const shareOf = ({ memoryBytes, memoryMaxBytes }: IsolateState) =>
  memoryMaxBytes === 0 ? -1 : memoryBytes / memoryMaxBytes;
