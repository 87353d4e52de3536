/**
 * The work that runs: one request, one run of a job, or one operation of a socket. Calls, log lines and errors belong to it,
 * however deep in the code they are made. Answers from memory run outside of any work.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallCounts, noCalls } from './call-counts.ts';
import { type Trace, traceIn, traceOf, traceOfSpan } from './trace.ts';

/** Each of them is read when it is first needed: an answer to a POST from memory needs none. */
export interface WorkOrigin {
  /** A random UUID. */
  readonly requestId: string;
  /** The header that the work came with. */
  readonly traceparent?: string | null;
  /** Names the request in the platform's own log. */
  readonly ray?: string | null;
  /** The platform's; left out where no spans are made. */
  readonly tracing?: Pick<Tracing, 'enterSpan' | 'getActiveSpan'> | undefined;
}

class Work {
  readonly origin: WorkOrigin;
  /** The span of its operation. */
  span: Pick<Span, 'setAttributes'> | null = null;
  readonly calls = noCalls();
  hasEnded = false;
  #trace: Trace | undefined;
  #tracing: Pick<Tracing, 'enterSpan'> | null | undefined;

  constructor(origin: WorkOrigin) {
    this.origin = origin;
  }

  get trace(): Trace {
    this.#trace ??= this.#traceOfOrigin();
    return this.#trace;
  }

  /** Null where the platform records no spans of this work. */
  get tracing(): Pick<Tracing, 'enterSpan'> | null {
    if (this.#tracing === undefined) {
      const { tracing } = this.origin;
      this.#tracing = tracing?.getActiveSpan()?.isTraced === true ? tracing : null;
    }
    return this.#tracing;
  }

  #traceOfOrigin(): Trace {
    const { requestId, traceparent, tracing } = this.origin;
    const sent = traceparent ? traceIn(traceparent) : null;
    if (sent !== null) return sent;
    const span = this.tracing === null ? undefined : tracing?.getActiveSpan();
    return (span && traceOfSpan(span)) ?? traceOf(requestId);
  }
}

const running = new AsyncLocalStorage<Work>();

/** Runs the function, and everything that it starts, as work of its own. */
export function runWork<Result>(origin: WorkOrigin, run: () => Result): Result {
  return running.run(new Work(origin), run);
}

/** Null outside of any work. */
export const runningTrace = (): Trace | null => running.getStore()?.trace ?? null;

/** For log lines; nothing outside of any work. */
export function traceFields(): { traceId?: string; ray?: string } {
  const work = running.getStore();
  if (work === undefined) return {};
  const ray = work.origin.ray ?? null;
  return { traceId: work.trace.traceId, ...(ray === null ? {} : { ray }) };
}

/** Null outside of any work, and where it has ended. */
export function runningCalls(): CallCounts | null {
  const work = running.getStore();
  return work === undefined || work.hasEnded ? null : work.calls;
}

/**
 * Ends the counting of the work that runs.
 *
 * @returns its calls so far. The second time, and outside of any work, there are none: later calls are the isolate's own.
 */
export function endCalls(): CallCounts {
  const work = running.getStore();
  if (work === undefined || work.hasEnded) return noCalls();
  work.hasEnded = true;
  return work.calls;
}

/** Runs the function in a span of the platform's tracing, where that records the work. */
export function inSpan<Result>(name: string, run: () => Result): Result {
  const tracing = running.getStore()?.tracing ?? null;
  return tracing === null ? run() : tracing.enterSpan(name, run);
}

/** Runs the function in the span of an operation, where the platform's tracing records the work. */
export function asOperation<Result>(run: () => Result): Result {
  const work = running.getStore();
  if (work === undefined || work.tracing === null) return run();
  return work.tracing.enterSpan('operation', (span) => {
    work.span = span;
    return run();
  });
}

/** @param attributes is called where there is a span of the operation. */
export function describeOperation(attributes: () => Record<string, string | number | undefined>): void {
  const work = running.getStore();
  work?.span?.setAttributes({ ...attributes(), 'trace.id': work.trace.traceId });
}
