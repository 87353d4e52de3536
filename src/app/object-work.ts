import { tracing } from 'cloudflare:workers';
import { endCalls, runWork } from '../observability/running-work.ts';
import type { Isolate } from './isolate.ts';
import { nowMs, nowSeconds, randomId } from './runtime.ts';

export type ObjectWork = <Result>(run: () => Promise<Result>) => Promise<Result>;

/**
 * Events of a Durable Object, each counted as a run of the job of that name. The object may be alone in its isolate, so it
 * writes the isolate's counts to D1 too, once a minute.
 */
export function objectWork(
  { requests, usage }: Pick<Isolate, 'requests' | 'usage'>,
  job: string,
  waitUntil: (promise: Promise<unknown>) => void,
): ObjectWork {
  return (run) =>
    runWork({ requestId: randomId(), tracing }, async () => {
      const startedAtMs = nowMs();
      let outcome: 'ok' | 'error' = 'error';
      try {
        const result = await run();
        outcome = 'ok';
        return result;
      } finally {
        const endedAtMs = nowMs();
        const durationMs = Math.max(0, endedAtMs - startedAtMs);
        requests.countRun({ job, outcome, durationMs, calls: endCalls() }, nowSeconds());
        if (usage.isDue(endedAtMs)) waitUntil(usage.flushWhenDue());
      }
    });
}
