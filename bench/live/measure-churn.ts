/**
 * The time to the first event of sockets that behave, while others subscribe to one symbol after the other and complete
 * the subscriptions: as many messages a second as one socket may send, all at one hub. A well-behaved socket watches in
 * turn a symbol that everybody watches and one that nobody does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import { ChurnSocket } from './churn-socket.ts';
import { startGateway } from './live-servers.ts';

export interface ChurnOptions {
  /** Numbers of sockets that subscribe and complete. */
  churning: readonly number[];
  durationMs: number;
  signal: AbortSignal;
}

export interface ChurnResult {
  churning: number;
  /** Subscriptions that others began, for each second. */
  churnedPerSecond: number;
  upstreamCallsPerSecond: number;
  firstEvents: number;
  p50Ms: number;
  p99Ms: number;
  /** The server's process, in cores. */
  busy: number;
  /** By close code, how many of the others were closed. */
  closed: Record<string, number>;
}

const WATCHED_BY_ALL = 'BTC';
/** 19 messages a second of the 20 that are allowed: one subscribes, one completes. */
const CHURN_EVERY_MS = 1000 / 9.5;
const COMPLETE_AFTER_MS = 600;
const BEHAVED_SOCKETS = 10;
const BEHAVED_EVERY_MS = 50;
/** One call of the price API. */
const UPSTREAM_MS = 250;
const SYMBOLS = Array.from({ length: 5_000 }, (_, number) => `S${number}`);
/** Symbols of each socket, which it takes in turns. */
const SYMBOLS_OF_ONE = 100;

export async function measureChurn(script: string, options: ChurnOptions): Promise<ChurnResult[]> {
  const results: ChurnResult[] = [];
  for (const churning of options.churning) results.push(await measureOne(script, churning, options));
  return results;
}

async function measureOne(
  script: string,
  churning: number,
  { durationMs, signal }: ChurnOptions,
): Promise<ChurnResult> {
  const server = await startGateway(script, {
    hubs: ['hub-0'],
    polls: 'by alarm',
    upstreamMs: UPSTREAM_MS,
    synced: [WATCHED_BY_ALL, ...SYMBOLS],
  });
  const sockets: ChurnSocket[] = [];
  const open = async (count: number) => {
    const opened = await Promise.all(
      Array.from({ length: count }, () => ChurnSocket.open(server.urls[0] ?? '')),
    );
    sockets.push(...opened);
    return opened;
  };
  try {
    const behaved = await open(BEHAVED_SOCKETS);
    await Promise.all(behaved.map((socket) => socket.firstEventMs([WATCHED_BY_ALL])));
    const churners = await open(churning);
    const ending = new AbortController();
    const churns = churners.map((socket, at) => churn(socket, at, ending.signal));
    // The queues, if there are any, are full after that.
    if (churning > 0) await sleep(durationMs / 2, undefined, { signal });
    const [startedBefore, askedBefore] = [startedBy(churners), server.prices.asked()];
    const cpuBefore = server.cpuMs().process;
    const samples: Promise<number>[] = [];
    for (let at = 0; at * BEHAVED_EVERY_MS < durationMs; at += 1) {
      const symbol = at % 2 === 0 ? WATCHED_BY_ALL : symbolOf(churning, at);
      const socket = behaved[(at >> 1) % BEHAVED_SOCKETS];
      if (socket !== undefined) samples.push(socket.firstEventMs([symbol]));
      await sleep(BEHAVED_EVERY_MS, undefined, { signal });
    }
    const busy = (server.cpuMs().process - cpuBefore) / durationMs;
    const seconds = durationMs / 1000;
    const churnedPerSecond = (startedBy(churners) - startedBefore) / seconds;
    const upstreamCallsPerSecond = (server.prices.asked() - askedBefore) / seconds;
    const firstMs = (await Promise.all(samples)).sort((a, b) => a - b);
    ending.abort();
    await Promise.all(churns);
    return {
      churning,
      churnedPerSecond,
      upstreamCallsPerSecond,
      firstEvents: firstMs.length,
      p50Ms: percentile(firstMs, 50),
      p99Ms: percentile(firstMs, 99),
      busy,
      closed: countsOf(churners.flatMap(({ closeCode }) => closeCode ?? [])),
    };
  } finally {
    for (const socket of sockets) socket.close();
    await server.stop();
  }
}

const symbolOf = (socket: number, at: number) =>
  SYMBOLS[socket * SYMBOLS_OF_ONE + (at % SYMBOLS_OF_ONE)] ?? WATCHED_BY_ALL;

const countsOf = (codes: readonly number[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(codes, String)].map(([code, all]) => [code, all.length]));

const startedBy = (sockets: readonly ChurnSocket[]) => sockets.reduce((sum, { started }) => sum + started, 0);

async function churn(socket: ChurnSocket, number: number, ending: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  for (let at = 0; !ending.aborted && socket.closeCode === null; at += 1) {
    const id = socket.subscribe([symbolOf(number, at)]);
    setTimeout(() => socket.complete(id), COMPLETE_AFTER_MS);
    await sleep(Math.max(0, startedAt + (at + 1) * CHURN_EVERY_MS - performance.now()));
  }
}
