/**
 * The gateway's fan-out beside its limit and its peers, with few and with many sockets, and over several hubs, all in the
 * same alternating rounds.
 */
import { spreadOf } from '../statistics.ts';
import {
  Audience,
  type Contestant,
  type FanOutPace,
  type FanOutResult,
  type FanOutRound,
  fanOutResult,
  fanOutRound,
} from './fan-out.ts';
import { type LiveScripts, startBare, startGateway, startPeer } from './live-servers.ts';

export interface FanOutOptions extends FanOutPace {
  /** Numbers of sockets, growing. */
  sockets: readonly number[];
  rounds: number;
  /** True if the last number of sockets is also spread over several hubs. */
  growth: boolean;
  signal: AbortSignal;
  report(line: string): void;
}

export type FanOutRatio = ReturnType<typeof ratiosOf>[number];

const TARGET = 0.8;
const GROWTH_KEYS = ['gateway', 'hubs-2', 'hubs-4', 'processes-2'];

export async function measureFanOut(scripts: LiveScripts, options: FanOutOptions) {
  const contestants: Contestant[] = [];
  try {
    const first = options.sockets[0] ?? 0;
    const gateway = new Audience(await gatewayOf(scripts, 1));
    contestants.push({ key: 'gateway', name: 'gateway, one hub', audiences: [gateway] });
    await gateway.grow(first);
    const { sample } = await gateway.run({ durationMs: 0, minEvents: 1 });
    const bare = new Audience(await startBare(scripts.bare, sample));
    contestants.push({ key: 'bare', name: 'bare Durable Object', audiences: [bare] });
    for (const [kind, name] of PEERS)
      contestants.push({ key: kind, name, audiences: [new Audience(await startPeer(kind))] });
    const results: FanOutResult[] = [];
    const ratios: FanOutRatio[] = [];
    for (const [index, sockets] of options.sockets.entries()) {
      if (options.growth && index === options.sockets.length - 1)
        for (const contestant of await growthContestants(scripts)) contestants.push(contestant);
      const rounds = await runRounds(contestants, sockets, options);
      for (const [contestant, measured] of rounds) results.push(fanOutResult(contestant, measured));
      ratios.push(...ratiosOf(sockets, [...rounds]));
    }
    const last = options.sockets.at(-1);
    return {
      results: results.filter(({ key }) => key === 'gateway' || !GROWTH_KEYS.includes(key)),
      growth: results.filter(({ key, sockets }) => GROWTH_KEYS.includes(key) && sockets === last),
      ratios,
      frameBytes: Buffer.byteLength(sample),
    };
  } finally {
    await Promise.all(contestants.flatMap(({ audiences }) => audiences.map((audience) => audience.stop())));
  }
}

const PEERS = [
  ['yoga', 'Yoga on Node, server-sent events'],
  ['graphql-ws', 'graphql-ws with ws on Node'],
] as const;

const gatewayOf = (scripts: LiveScripts, hubs: number) =>
  startGateway(scripts.gateway, {
    hubs: Array.from({ length: hubs }, (_, index) => `hub-${index}`),
    polls: 'by hand',
  });

async function growthContestants(scripts: LiveScripts): Promise<Contestant[]> {
  const audience = async (hubs: number) => new Audience(await gatewayOf(scripts, hubs));
  return [
    { key: 'hubs-2', name: 'gateway, two hubs', audiences: [await audience(2)] },
    { key: 'hubs-4', name: 'gateway, four hubs', audiences: [await audience(4)] },
    {
      key: 'processes-2',
      name: 'gateway, two processes of one hub',
      audiences: [await audience(1), await audience(1)],
    },
  ];
}

async function runRounds(
  contestants: readonly Contestant[],
  sockets: number,
  { rounds, signal, report, ...pace }: FanOutOptions,
): Promise<Map<Contestant, FanOutRound[]>> {
  for (const { audiences } of contestants) {
    signal.throwIfAborted();
    await Promise.all(audiences.map((audience) => audience.grow(sockets / audiences.length)));
  }
  const measured = new Map(contestants.map((contestant) => [contestant, [] as FanOutRound[]]));
  for (let number = 1; number <= rounds; number += 1) {
    for (const [contestant, own] of measured) {
      signal.throwIfAborted();
      const round = await fanOutRound(contestant, pace);
      own.push(round);
      report(roundLine(number, sockets, contestant, round));
    }
  }
  return measured;
}

function roundLine(number: number, sockets: number, { name }: Contestant, round: FanOutRound): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`.padStart(5);
  return [
    `round ${number}`,
    `${String(sockets).padStart(5)} sockets  ${name.padEnd(34)}`,
    `${round.framesPerSecond.toFixed(0).padStart(6)}/s`,
    `${round.cpuMicrosecondsPerFrame.toFixed(1).padStart(6)} µs`,
    `server ${percent(round.serverBusy)} busy ${percent(round.serverWaiting)} waiting`,
    `generator ${percent(round.generatorBusy)}`,
  ].join('  ');
}

/** The gateway beside each of the others; a target stands only beside the bare object. */
export function ratiosOf(
  sockets: number,
  measured: readonly (readonly [Pick<Contestant, 'key' | 'name'>, readonly FanOutRound[]])[],
) {
  const gateway = measured.find(([{ key }]) => key === 'gateway')?.[1] ?? [];
  return measured
    .filter(([{ key }]) => !GROWTH_KEYS.includes(key))
    .map(([{ key, name }, rounds]) => {
      // Both of the same round: whatever slows the machine for a while slows both.
      const ratioOf = (measure: 'framesPerSecond' | 'framesPerThreadSecond') =>
        spreadOf(
          rounds.flatMap((round, index) => {
            const own = gateway[index];
            return own === undefined ? [] : [own[measure] / round[measure]];
          }),
        );
      return {
        name: `gateway over ${name}`,
        sockets,
        ratio: ratioOf('framesPerSecond'),
        /** By the CPU of the servers' threads, which other processes disturb less. */
        byThread: ratioOf('framesPerThreadSecond'),
        /** Null where there is no target. */
        atLeast: key === 'bare' ? TARGET : null,
      };
    });
}
