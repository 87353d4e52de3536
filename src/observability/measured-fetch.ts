import type { IsolateCalls } from './isolate-calls.ts';
import { inSpan, runningTrace } from './running-work.ts';
import { traceOf } from './trace.ts';

/**
 * The same `fetch` for the platform's own APIs and files, whose calls are counted. Each carries `traceparent`: its own one
 * if it has one, else that of the work that runs, else a new one.
 */
export function measuredFetch(own: typeof fetch, calls: IsolateCalls, randomId: () => string): typeof fetch {
  return (input, init) => {
    calls.counts.upstreamCalls += 1;
    const headers = new Headers(init?.headers);
    if (!headers.has('traceparent')) {
      const { traceparent } = runningTrace() ?? traceOf(randomId());
      headers.set('traceparent', traceparent);
    }
    return inSpan('upstream', () => own(input, { ...init, headers }));
  };
}
