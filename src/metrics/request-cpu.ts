/**
 * CPU of a request by its kind, as `npm run bench` measured it: the platform tells a Worker nothing of its own CPU.
 *
 * A kind was measured with a short answer and with a long one; CPU in between is taken to grow with the bytes. The rows
 * are those of `docs/performance.md`, and a test compares them. CPU of jobs and of the hash of a password (some 190 ms of a
 * registration or a login) is not in them.
 */
import type { CacheResult, RequestOutcome } from '../observability/request-metrics.ts';

export const CPU_MEASURED_ON = '2026-11-27';
export const SHORT_ANSWER_KIBIBYTES = 7.8;
export const LONG_ANSWER_KIBIBYTES = 177;

export interface MeasuredCpu {
  /** The row of `docs/performance.md`. */
  row: string;
  /** The CPU time of a request with the short answer. */
  shortMicroseconds: number;
  /** The CPU time of a request with the long answer. */
  longMicroseconds: number;
}

export const REQUEST_CPU = {
  hit: { row: 'gateway, hit by GET', shortMicroseconds: 97, longMicroseconds: 200 },
  executed: { row: 'gateway, miss, sources in memory', shortMicroseconds: 384, longMicroseconds: 1540 },
  refused: { row: 'gateway, unknown id refused', shortMicroseconds: 275, longMicroseconds: 287 },
} as const satisfies Record<string, MeasuredCpu>;

type RequestKind = keyof typeof REQUEST_CPU;

/** Milliseconds of CPU of requests whose answers have so many bytes together. */
export function cpuMsOf(kind: RequestKind, count: number, bytes: number): number {
  const { shortMicroseconds, longMicroseconds } = REQUEST_CPU[kind];
  if (kind === 'refused') return (count * shortMicroseconds) / 1000;
  const perKibibyte =
    (longMicroseconds - shortMicroseconds) / (LONG_ANSWER_KIBIBYTES - SHORT_ANSWER_KIBIBYTES);
  const ofEmpty = shortMicroseconds - perKibibyte * SHORT_ANSWER_KIBIBYTES;
  return (count * ofEmpty + (bytes / 1024) * perKibibyte) / 1000;
}

/** A stale answer is a hit for the client that gets it; its refresh is executed once for many. */
export function kindOf(outcome: RequestOutcome, cache: CacheResult): RequestKind {
  if (outcome === 'refused') return 'refused';
  return cache === 'hit' || cache === 'stale' ? 'hit' : 'executed';
}
