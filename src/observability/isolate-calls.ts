import { addCalls, type CallCounts, noCalls } from './call-counts.ts';
import { LatencyHistogram, type SparseHistogram } from './latency-histogram.ts';
import { runningCalls } from './running-work.ts';

/** The calls of one isolate that belong to no request, job or operation that still runs, and the durations of its queries. */
export class IsolateCalls {
  readonly nowMs: () => number;
  #background = noCalls();
  #d1 = new LatencyHistogram();

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** To be added to at once: what runs may end. */
  get counts(): CallCounts {
    return runningCalls() ?? this.#background;
  }

  /** Counts calls of work that is recorded nowhere else. */
  add(calls: Readonly<CallCounts>): void {
    addCalls(this.#background, calls);
  }

  /** One round trip to D1, also one that failed. */
  addD1(durationMs: number): void {
    this.#d1.add(durationMs);
  }

  /** Gives the calls since the last time. */
  takeBackground(): CallCounts {
    const taken = this.#background;
    this.#background = noCalls();
    return taken;
  }

  /** Gives the durations of round trips to D1 since the last time. */
  takeD1(): SparseHistogram {
    const taken = this.#d1.sparse();
    this.#d1 = new LatencyHistogram();
    return taken;
  }
}
