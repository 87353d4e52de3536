/**
 * `--part live`: sockets that watch. One event to many of them, its executions, the calls that watching takes,
 * and first events while others keep the hub busy.
 */
import { machineFacts } from '../results.ts';
import { bundleLiveWorkers } from './live-servers.ts';
import { measureChurn } from './measure-churn.ts';
import { measureDistinct } from './measure-distinct.ts';
import { measureFanOut } from './measure-fan-out.ts';
import { measureWatching } from './measure-watching.ts';

export type LiveResults = Awaited<ReturnType<typeof measureLive>>;

const SOCKETS = [1_000, 5_000];
const FULL = { rounds: 8, durationMs: 1_200, minEvents: 4 } as const;
const DISTINCT = { sockets: 5_000, operations: 500, rounds: 3, durationMs: 1_500, minEvents: 3 } as const;
const QUICK = { rounds: 1, durationMs: 0, minEvents: 2 } as const;
const WATCHING_SOCKETS = 400;
/** Sockets that subscribe and complete as fast as they may. */
const CHURN = { churning: [0, 4, 12, 40], durationMs: 5_000 } as const;

export interface LiveOptions {
  /** A few sockets of each kind, to see that they are sent what they should. */
  quick: boolean;
  signal: AbortSignal;
  report(line: string): void;
}

export async function measureLive({ quick, signal, report }: LiveOptions) {
  const machine = machineFacts();
  const scripts = await bundleLiveWorkers(signal);
  const fanOut = await measureFanOut(scripts, {
    ...(quick ? QUICK : FULL),
    sockets: quick ? [20] : SOCKETS,
    growth: !quick,
    signal,
    report,
  });
  const distinct = await measureDistinct(scripts.gateway, {
    ...(quick ? { ...QUICK, sockets: 12, operations: 4 } : DISTINCT),
    signal,
  });
  if (distinct.executionsPerEvent !== distinct.operations) {
    throw new Error(
      `${distinct.operations} distinct operations were executed ${distinct.executionsPerEvent} times an event`,
    );
  }
  const watching = await measureWatching(scripts.gateway, {
    sockets: quick ? 8 : WATCHING_SOCKETS,
    quick,
    signal,
  });
  const churn = await measureChurn(scripts.gateway, {
    ...(quick ? { churning: [1], durationMs: 400 } : CHURN),
    signal,
  });
  return { machine, fanOut, distinct, watching, churn };
}
