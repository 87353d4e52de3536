/**
 * One event to many sockets, in alternating rounds: each contestant's events follow one another, each beginning when
 * the last socket has the one before.
 */
import { percentile, spreadsOf } from '../statistics.ts';
import type { Run } from './generator.ts';
import { type Generator, startGenerator } from './generator-process.ts';
import type { LiveServer } from './live-servers.ts';

export const PRICE_OF_BTC =
  'subscription { priceUpdated(symbols: ["BTC"]) { symbol price changePercent updatedAt } }';

export type EventSource = Pick<LiveServer, 'eventUrl' | 'changeUrl' | 'check'>;

/** A server and the clients that watch it. */
export class Audience {
  readonly server: LiveServer;
  readonly #generator: Generator = startGenerator();
  /** Memory of the server, before anybody came. */
  readonly #emptyBytes: number;
  sockets = 0;

  constructor(server: LiveServer) {
    this.server = server;
    this.#emptyBytes = server.memoryBytes();
  }

  /** By which the server has grown since, garbage and compiled code too. */
  get grownBytes(): number {
    return this.server.memoryBytes() - this.#emptyBytes;
  }

  /** @param resumed as in `LiveSocketOptions`. */
  async grow(
    sockets: number,
    documents: readonly string[] = [PRICE_OF_BTC],
    resumed?: string,
  ): Promise<void> {
    const { protocol, urls, currentFirst } = this.server;
    const more = sockets - this.sockets;
    const options = { protocol, urls, documents: [...documents], resumed, currentFirst, sockets: more };
    this.sockets = await this.#generator.open(options);
  }

  /** @param source where another event happens than the server's own. */
  async run(pace: FanOutPace, { eventUrl, changeUrl, check }: EventSource = this.server): Promise<Run> {
    const run = await this.#generator.run({ eventUrl, changeUrl, ...pace });
    check(run.sample);
    return run;
  }

  /** Resolves when each socket has been sent so many events from now on. */
  receive(events: number): Promise<void> {
    return this.#generator.receive(events);
  }

  /** Each socket sends it once. */
  sendAll(text: string): Promise<void> {
    return this.#generator.sendAll(text);
  }

  messagesSent(): Promise<number> {
    return this.#generator.messagesSent();
  }

  leave(): Promise<void> {
    return this.#generator.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([this.leave(), this.server.stop()]);
  }
}

export interface Contestant<Watchers = Audience> {
  key: string;
  name: string;
  /** One, or several that share the sockets. */
  audiences: Watchers[];
}

/** What a round needs of an audience. */
export interface Watchers extends Pick<Audience, 'sockets' | 'grownBytes'> {
  server: Pick<LiveServer, 'cpuMs'>;
  run(pace: FanOutPace): Promise<Run>;
}

export interface FanOutRound {
  frames: number;
  framesPerSecond: number;
  framesPerThreadSecond: number;
  cpuMicrosecondsPerFrame: number;
  /** The server's one thread that runs JavaScript: its share of a core, and the share of time in which it waited for one. */
  serverBusy: number;
  serverWaiting: number;
  generatorBusy: number;
  /** From the event to the first and to the last socket, by event. */
  firstMs: number[];
  lastMs: number[];
}

export interface FanOutPace {
  durationMs: number;
  minEvents: number;
}

/** Events that do not count, among them the pings of a gateway that has not asked for long, and then those that do. */
export async function fanOutRound(
  { audiences }: Contestant<Watchers>,
  pace: FanOutPace,
): Promise<FanOutRound> {
  await Promise.all(audiences.map((audience) => audience.run({ durationMs: 0, minEvents: 2 })));
  const before = audiences.map(({ server }) => server.cpuMs());
  const runs = await Promise.all(audiences.map((audience) => audience.run(pace)));
  const after = audiences.map(({ server }) => server.cpuMs());
  const spent = (kind: 'process' | 'thread' | 'threadWaiting') =>
    after.reduce((sum, times, index) => sum + times[kind] - (before[index]?.[kind] ?? 0), 0);
  const elapsedMs = Math.max(...runs.map((run) => run.elapsedMs));
  const frames = runs.reduce(
    (sum, run, index) => sum + run.lastMs.length * (audiences[index]?.sockets ?? 0),
    0,
  );
  return {
    frames,
    framesPerSecond: (frames * 1000) / elapsedMs,
    framesPerThreadSecond: (frames * 1000) / spent('thread'),
    cpuMicrosecondsPerFrame: (spent('process') * 1000) / frames,
    serverBusy: spent('thread') / elapsedMs,
    serverWaiting: spent('threadWaiting') / elapsedMs,
    generatorBusy: runs.reduce((sum, run) => sum + run.cpuMs, 0) / elapsedMs,
    firstMs: runs.flatMap((run) => run.firstMs),
    lastMs: runs.flatMap((run) => run.lastMs),
  };
}

export type FanOutResult = ReturnType<typeof fanOutResult>;

export function fanOutResult({ key, name, audiences }: Contestant<Watchers>, rounds: readonly FanOutRound[]) {
  const sorted = (of: 'firstMs' | 'lastMs') => rounds.flatMap((round) => round[of]).sort((a, b) => a - b);
  const lastMs = sorted('lastMs');
  const sockets = audiences.reduce((sum, audience) => sum + audience.sockets, 0);
  return {
    key,
    name,
    sockets,
    /** All growth of the server's memory: the runtime's ends of each connection too, and garbage. */
    bytesPerSocket: audiences.reduce((sum, { grownBytes }) => sum + grownBytes, 0) / sockets,
    events: lastMs.length,
    ...spreadsOf(rounds.map(({ firstMs, lastMs, ...measures }) => measures)),
    firstP50Ms: percentile(sorted('firstMs'), 50),
    lastP50Ms: percentile(lastMs, 50),
    lastP99Ms: percentile(lastMs, 99),
  };
}
