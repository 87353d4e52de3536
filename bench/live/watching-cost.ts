/**
 * The cost of watchers, computed from the measured cost of one connection, one poll and one frame.
 *
 * Hubs are charged while they run and not between, since they could hibernate; the feed while it polls and tells the hubs.
 */
import {
  dollarsAt,
  MESSAGES_PER_OBJECT_REQUEST,
  OBJECT_GIGABYTES,
  OBJECT_PRICES,
  UNIT_PRICES,
} from '../prices.ts';

/** As measured. */
export interface WatchingCosts {
  perConnection: {
    workerRequests: number;
    /** Handshakes, RPC and alarms, of hubs and feed. */
    objectRequests: number;
    messages: number;
    rowsRead: number;
    rowsWritten: number;
    /** CPU of workerd, from the handshake to the first message: an upper bound of both the Worker's and the hub's. */
    cpuMs: number;
  };
  perPoll: {
    /** The alarm of the feed. */
    objectRequests: number;
    /** For each hub where anybody watches. */
    objectRequestsPerHub: number;
    upstreamCalls: number;
    rowsRead: number;
    rowsWritten: number;
    rowsReadPerHub: number;
    rowsWrittenPerHub: number;
    /** The time that the feed runs, beside a price API that answers at once and hubs that have little to send. */
    feedMs: number;
  };
  /** A message that comes in and is answered by nothing. */
  perMessageCpuMs: number;
  perFrameCpuMs: number;
  frameBytes: number;
}

export interface Watching {
  watchers: number;
  hubs: number;
  /** Every poll brings each watcher one frame. */
  pollSeconds: number;
  /** After which a watcher has to connect again. */
  sessionSeconds: number;
  /** The interval at which a watcher answers a ping. */
  pongSeconds: number;
  /** A hub's alarm, which looks for sockets that have not introduced themselves, comes as soon after a handshake. */
  initialisationSeconds: number;
  /** The time until the price API answers. */
  upstreamMs: number;
}

export type DailyUse = ReturnType<typeof dailyUse>;

const DAY_SECONDS = 86_400;
const DAYS_A_MONTH = 30;

export function dailyUse(costs: WatchingCosts, watching: Watching) {
  const { watchers, hubs, pollSeconds, sessionSeconds, pongSeconds, initialisationSeconds } = watching;
  const { perConnection, perPoll } = costs;
  const polls = DAY_SECONDS / pollSeconds;
  const connections = (watchers * DAY_SECONDS) / sessionSeconds;
  const pongs = (watchers * DAY_SECONDS) / pongSeconds;
  const frames = watchers * polls;
  const hubAlarms = Math.min(connections, (hubs * DAY_SECONDS) / initialisationSeconds);
  const feedMs = perPoll.feedMs + watching.upstreamMs + (watchers / hubs) * costs.perFrameCpuMs;
  const messagesIn = connections * perConnection.messages + pongs;
  const objectMs =
    connections * perConnection.cpuMs +
    pongs * costs.perMessageCpuMs +
    frames * costs.perFrameCpuMs +
    polls * feedMs;
  return {
    frames,
    bytesOut: frames * costs.frameBytes,
    messagesIn,
    upstreamCalls: polls * perPoll.upstreamCalls,
    workerRequests: connections * perConnection.workerRequests,
    workerCpuMs: connections * perConnection.cpuMs,
    objectRequests:
      connections * perConnection.objectRequests +
      hubAlarms +
      polls * (perPoll.objectRequests + hubs * perPoll.objectRequestsPerHub) +
      messagesIn / MESSAGES_PER_OBJECT_REQUEST,
    objectGigabyteSeconds: (objectMs / 1000) * OBJECT_GIGABYTES,
    rowsRead:
      connections * perConnection.rowsRead + polls * (perPoll.rowsRead + hubs * perPoll.rowsReadPerHub),
    rowsWritten:
      connections * perConnection.rowsWritten +
      hubAlarms +
      polls * (perPoll.rowsWritten + hubs * perPoll.rowsWrittenPerHub),
  };
}

export function watchingBill(use: DailyUse) {
  const charged = [
    [UNIT_PRICES.workerRequests, use.workerRequests],
    [UNIT_PRICES.workerCpuMs, use.workerCpuMs],
    [OBJECT_PRICES.requests, use.objectRequests],
    [OBJECT_PRICES.gigabyteSeconds, use.objectGigabyteSeconds],
    [OBJECT_PRICES.rowsRead, use.rowsRead],
    [OBJECT_PRICES.rowsWritten, use.rowsWritten],
  ] as const;
  const sum = (dollars: (charge: (typeof charged)[number]) => number) =>
    charged.reduce((total, charge) => total + dollars(charge), 0);
  return {
    /** As if nothing were included. */
    dollarsADay: sum(([price, used]) => dollarsAt({ ...price, included: 0 }, used)),
    /** The price of a month of such days, beyond what the plan includes, and without the plan's own price. */
    dollarsAMonth: sum(([price, used]) => dollarsAt(price, used * DAYS_A_MONTH)),
  };
}

export type Growth = ReturnType<typeof grownTo>;

export function grownTo(costs: WatchingCosts, watching: Watching) {
  const use = dailyUse(costs, watching);
  const framesPerSecond = use.frames / DAY_SECONDS;
  return {
    ...watching,
    use,
    bill: watchingBill(use),
    framesPerSecond,
    bytesPerSecond: use.bytesOut / DAY_SECONDS,
    /** That send all the time. */
    cores: (framesPerSecond * costs.perFrameCpuMs) / 1000,
    /** From when a hub hears of an event until its last socket has it. */
    lastSocketMs: (watching.watchers / watching.hubs) * costs.perFrameCpuMs,
  };
}
