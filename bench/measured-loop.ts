/** A closed loop of a number of requests, with the CPU that they take of workerd. */
import type { Answer } from './answer.ts';
import { runClosedLoop } from './closed-loop.ts';
import { percentile } from './statistics.ts';
import type { Workerd } from './workerd.ts';

export interface MeasuredLoopOptions {
  workerd: Workerd;
  /** The Worker's name. */
  worker: string;
  requests: number;
  connections: number;
  /** @param number from 1 on. */
  next(number: number): Uint8Array;
  /** Throws if the answer is not what was asked for. */
  onAnswer(answer: Answer): void;
}

export type LoopRound = Awaited<ReturnType<typeof measuredLoop>>;

export async function measuredLoop({ workerd, worker, connections, ...options }: MeasuredLoopOptions) {
  let sent = 0;
  const before = workerd.cpuMs();
  const { requests, elapsedMs, latenciesMs } = await runClosedLoop({
    url: workerd.urlOf(worker),
    connections,
    durationMs: Number.POSITIVE_INFINITY,
    next: () => {
      if (sent === options.requests) return null;
      sent += 1;
      return options.next(sent);
    },
    onAnswer: options.onAnswer,
    keepBodies: true,
  });
  const after = workerd.cpuMs();
  return {
    perSecond: (requests * 1000) / elapsedMs,
    perThreadSecond: (requests * 1000) / (after.thread - before.thread),
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    cpuMicroseconds: ((after.process - before.process) * 1000) / requests,
    workerdThreadBusy: (after.thread - before.thread) / elapsedMs,
    workerdThreadWaiting: (after.threadWaiting - before.threadWaiting) / elapsedMs,
  };
}
