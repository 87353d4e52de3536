/** `--part live`: sockets that watch. One event to many of them, executions, what it costs, and how it grows. */
import { SOCKET_INITIALISATION_MS, SOCKET_PING_AFTER_MS, SUBSCRIPTION_HUBS } from '../../src/config.ts';
import { machineFacts } from '../results.ts';
import { bundleLiveWorkers, POLL_SECONDS } from './live-servers.ts';
import { measureDistinct } from './measure-distinct.ts';
import { measureFanOut } from './measure-fan-out.ts';
import { measureWatching } from './measure-watching.ts';
import { grownTo, type Watching, type WatchingCosts } from './watching-cost.ts';

export type LiveResults = Awaited<ReturnType<typeof measureLive>>;

const SOCKETS = [1_000, 5_000];
const FULL = { rounds: 4, durationMs: 1_200, minEvents: 4 } as const;
const DISTINCT = { sockets: 5_000, operations: 500, rounds: 3, durationMs: 1_500, minEvents: 3 } as const;
const QUICK = { rounds: 1, durationMs: 0, minEvents: 2 } as const;
const WATCHING_SOCKETS = 400;

/** Assumptions: nothing here measures these. */
const ASSUMED = {
  /** A phone or a tab that stays an hour. */
  sessionSeconds: 3_600,
  /** SlowConsumer asks a socket that is sent events so often. */
  pongSeconds: SOCKET_PING_AFTER_MS / 1000,
  upstreamMs: 200,
} as const;
/** As many as were measured on one. */
const SOCKETS_A_HUB = 5_000;

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
  const gateway = fanOut.results.findLast(({ key }) => key === 'gateway');
  const costs: WatchingCosts = {
    ...watching.costs,
    perFrameCpuMs: (gateway?.cpuMicrosecondsPerFrame.median ?? Number.NaN) / 1000,
    frameBytes: fanOut.frameBytes,
  };
  const day = (watchers: number, hubs: number): Watching => ({
    ...ASSUMED,
    watchers,
    hubs,
    pollSeconds: POLL_SECONDS,
    initialisationSeconds: SOCKET_INITIALISATION_MS / 1000,
  });
  const growth = [day(10_000, SUBSCRIPTION_HUBS), day(1_000_000, 1_000_000 / SOCKETS_A_HUB)];
  return { machine, fanOut, distinct, watching, costs, growth: growth.map((grown) => grownTo(costs, grown)) };
}
