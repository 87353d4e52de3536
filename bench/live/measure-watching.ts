/**
 * The cost of connections, polls and messages by the objects' own counts, through the gateway's own route, and what is
 * left of it once nobody watches: nothing, or else this throws.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SUBSCRIPTION_HUBS } from '../../src/config.ts';
import { Audience } from './fan-out.ts';
import { countsBetween, type GatewayCounts, readAlarms, readCounts } from './gateway-counts.ts';
import { type GatewayServer, POLL_SECONDS, startGateway } from './live-servers.ts';

export interface WatchingOptions {
  sockets: number;
  /** Quick ones are made by hand, and the time without watchers is none. */
  quick: boolean;
  signal: AbortSignal;
}

const POLLS = 3;
const LOOK_EVERY_MS = 100;
/** More than a poll takes to come. */
const QUIET_SECONDS = POLL_SECONDS + 1;
/** The feed's alarms come in this time, and hubs' for sockets that did not introduce themselves. */
const WAKE_MAX_MS = 40_000;
const WAIT_MAX_MS = 120_000;
const HUBS = Array.from({ length: SUBSCRIPTION_HUBS }, (_, number) => `hub-${number}`);

export async function measureWatching(script: string, options: WatchingOptions) {
  const { sockets, quick } = options;
  const server = await startGateway(script, { hubs: [], polls: quick ? 'by hand' : 'by alarm' });
  const audience = new Audience(server);
  try {
    const perConnection = await connections(audience, server, sockets);
    const { perPoll, polls } = await polling(audience, server, options);
    const perMessageCpuMs = await messages(audience, server, options);
    await audience.leave();
    const nobody = await nobodyWatches(server, options);
    return { costs: { perConnection, perPoll, perMessageCpuMs }, connections: sockets, polls, nobody };
  } finally {
    await audience.stop();
  }
}

/** Opens them all. */
async function connections(audience: Audience, server: GatewayServer, sockets: number) {
  const [before, cpuBefore] = [await readCounts(server.url), server.cpuMs()];
  await audience.grow(sockets);
  const made = countsBetween(before, await readCounts(server.url));
  const cpuMs = server.cpuMs().process - cpuBefore.process;
  return {
    workerRequests: made.requests / sockets,
    /** Handshakes, RPC and alarms, of hubs and feed. */
    objectRequests: requestsIn(made) / sockets,
    messages: (await audience.messagesSent()) / sockets,
    rowsRead: sumOf(made.rowsRead) / sockets,
    rowsWritten: sumOf(made.rowsWritten) / sockets,
    cpuMs: cpuMs / sockets,
  };
}

async function polling(audience: Audience, server: GatewayServer, { quick, signal }: WatchingOptions) {
  // The first alarms are the hubs' too, which look for sockets that never introduced themselves.
  if (!quick) await until(async () => (await hubsAboutToWake(server)) === 0, signal);
  const [before, askedBefore] = [await readCounts(server.url), server.prices.asked()];
  const pollsSince = (counts: GatewayCounts) => countsBetween(before, counts).calls['PriceFeed.alarm'] ?? 0;
  if (quick) await audience.run({ durationMs: 0, minEvents: POLLS });
  else await until(async () => pollsSince(await readCounts(server.url)) >= POLLS, signal);
  // The last poll has been counted when it began.
  await sleep(LOOK_EVERY_MS);
  const made = countsBetween(before, await readCounts(server.url));
  const polls = made.calls['PriceFeed.alarm'] ?? 0;
  const publishes = made.calls['SubscriptionHub.publish'] ?? 0;
  return {
    polls,
    perPoll: {
      objectRequests: (requestsIn(made) - publishes) / polls,
      objectRequestsPerHub: publishes / polls / SUBSCRIPTION_HUBS,
      upstreamCalls: (server.prices.asked() - askedBefore) / polls,
      rowsRead: sumOf(made.rowsRead, isFeed) / polls,
      rowsWritten: sumOf(made.rowsWritten, isFeed) / polls,
      rowsReadPerHub: sumOf(made.rowsRead, isHub) / polls / SUBSCRIPTION_HUBS,
      rowsWrittenPerHub: sumOf(made.rowsWritten, isHub) / polls / SUBSCRIPTION_HUBS,
    },
  };
}

/** CPU of a hub for a message that comes in. */
async function messages(
  audience: Audience,
  server: GatewayServer,
  { sockets, quick, signal }: WatchingOptions,
): Promise<number> {
  const times = quick ? 1 : 10;
  const before = await readCounts(server.url);
  const cpuBefore = server.cpuMs();
  for (let sent = 0; sent < times; sent += 1) await audience.sendAll('{"type":"pong"}');
  const received = async () =>
    countsBetween(before, await readCounts(server.url)).calls['SubscriptionHub.webSocketMessage'] ?? 0;
  await until(async () => (await received()) >= sockets * times, signal);
  return (server.cpuMs().process - cpuBefore.process) / (sockets * times);
}

/** @throws where anything still happens; a quick one leaves out the last alarms of hubs, which may be seconds away. */
async function nobodyWatches(server: GatewayServer, { quick, signal }: WatchingOptions) {
  let callsBefore = -1;
  await until(async () => {
    const { feed, hubs } = await alarmsLeft(server);
    const calls = sumOf((await readCounts(server.url)).calls);
    // Hubs hear of the sockets that leave one after the other.
    const isQuiet = calls === callsBefore;
    callsBefore = calls;
    return feed === 0 && (quick || hubs === 0) && isQuiet;
  }, signal);
  const seconds = quick ? 0 : QUIET_SECONDS;
  const [before, askedBefore] = [await readCounts(server.url), server.prices.asked()];
  await sleep(seconds * 1000, undefined, { signal });
  const made = countsBetween(before, await readCounts(server.url));
  const { feed, hubs } = await alarmsLeft(server);
  const nobody = {
    seconds,
    objectCalls: sumOf(made.calls, (call) => !quick || call !== 'SubscriptionHub.alarm'),
    upstreamCalls: server.prices.asked() - askedBefore,
    alarms: feed + (quick ? 0 : hubs),
  };
  if (nobody.objectCalls + nobody.upstreamCalls + nobody.alarms > 0)
    throw new Error(`nobody watches, and yet: ${JSON.stringify({ ...nobody, calls: made.calls })}`);
  return nobody;
}

async function alarmsLeft(server: GatewayServer): Promise<{ feed: number; hubs: number }> {
  const [feed, ...hubs] = await readAlarms(server.url, HUBS);
  return { feed: feed === null ? 0 : 1, hubs: hubs.filter((alarm) => alarm !== null).length };
}

/** Hubs that wake themselves soon: each wakes in minutes to ping silent sockets. */
async function hubsAboutToWake(server: GatewayServer): Promise<number> {
  const [, ...hubs] = await readAlarms(server.url, HUBS);
  return hubs.filter((alarm) => alarm !== null && alarm < Date.now() + WAKE_MAX_MS).length;
}

/** All that is charged as a request, messages aside. */
const requestsIn = ({ calls }: GatewayCounts) => sumOf(calls, (call) => !call.includes('.webSocket'));

const isHub = (name: string) => name.startsWith('SubscriptionHub');
const isFeed = (name: string) => !isHub(name);

const sumOf = (counts: Record<string, number>, isCounted: (name: string) => boolean = () => true) =>
  Object.entries(counts).reduce((sum, [name, number]) => (isCounted(name) ? sum + number : sum), 0);

async function until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + WAIT_MAX_MS;
  while (!(await isSo())) {
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`not so after ${WAIT_MAX_MS / 1000} s: ${isSo}`);
    await sleep(LOOK_EVERY_MS);
  }
}
