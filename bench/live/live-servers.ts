/** The servers that are watched: the gateway's hubs, the bare object, and the peers on Node, each a process of its own. */

import { PRICE_SNAPSHOT_KEY } from '../../src/storage/kv/keys.ts';
import type { PriceSnapshot } from '../../src/storage/kv/prices.ts';
import { bundleWorker, gatewayObjects } from '../bundle.ts';
import { heapBytes, type Inspector, openInspector } from '../heap.ts';
import { type CpuTimes, cpuTimesOf, residentBytesOf } from '../process-usage.ts';
import { migrate } from '../synced-market.ts';
import { startWorkerd, type Workerd } from '../workerd.ts';
import { messageOf, startChild, stopChild } from './child.ts';
import type { Protocol } from './live-socket.ts';
import { type PriceSource, startPriceSource } from './price-source.ts';

/** As in production. */
export const POLL_SECONDS = 5;

export interface LiveServer {
  protocol: Protocol;
  /** Taken in turns by sockets. */
  urls: string[];
  /** True if a client is sent the current state before any event. */
  currentFirst: boolean;
  eventUrl: string;
  /** As in `RunOptions`. */
  changeUrl?: string | undefined;
  cpuMs(): CpuTimes;
  memoryBytes(): number;
  /** Throws where this is not what the last event said. */
  check(message: string): void;
  stop(): Promise<void>;
}

export interface LiveScripts {
  gateway: string;
  bare: string;
}

export async function bundleLiveWorkers(signal: AbortSignal): Promise<LiveScripts> {
  const [gateway, bare] = await Promise.all([
    bundleWorker(signal, 'bench/live/gateway-worker.ts'),
    bundleWorker(signal, 'bench/live/bare-worker.ts'),
  ]);
  return { gateway, bare };
}

export interface GatewayServer extends LiveServer {
  /** The address of its Worker. */
  url: URL;
  prices: PriceSource;
  /** V8's heap and array buffers after a collection. */
  heldBytes(): Promise<number>;
}

export interface GatewayOptions {
  /** Sockets go to these in turns, and past the Worker's own choice; to what it chooses where there are none. */
  hubs: readonly string[];
  /** `by hand`: only `eventUrl` has the feed poll, and prices change by hand too. */
  polls: 'by hand' | 'by alarm';
  /** The time that the price API takes for an answer. */
  upstreamMs?: number;
  /** Symbols of the price snapshot; none where left out. */
  synced?: readonly string[];
  /** As in `WorkerdOptions`. */
  hasHeapLimit?: boolean;
  /** As in `WorkerdOptions`; `heldBytes` needs it. */
  inspector?: boolean;
}

export async function startGateway(
  script: string,
  { hubs, polls, upstreamMs = 0, synced = [], hasHeapLimit = false, inspector = false }: GatewayOptions,
): Promise<GatewayServer> {
  const isByHand = polls === 'by hand';
  // A hub also asks for a price that is old, which would be an event that nobody asked for.
  const prices = await startPriceSource(isByHand ? 'by hand' : 'with each poll', upstreamMs);
  let workerd: Workerd | undefined;
  try {
    workerd = await startWorkerd(
      [
        {
          name: 'gateway',
          script,
          storage: 'gateway',
          durableObjects: gatewayObjects(),
          // A benchmark's rounds lie further apart than polls, which leave nobody time to fall asleep.
          keepsObjects: isByHand,
          vars: {
            MAIN_API_URL: prices.url,
            PRICE_API_URL: prices.url,
            INTERNAL_API_KEY: 'the-key-of-a-benchmark',
            JWT_SECRET: 'a-secret-for-benchmarks-of-32-characters',
            OPERATIONS_MODE: 'open',
            PRICE_POLL_SECONDS: String(POLL_SECONDS),
            POLLS: polls,
          },
        },
      ],
      { hasHeapLimit, inspector },
    );
    // Without its tables the usage of operations could not be written, and each try would be logged.
    await migrate(workerd, 'gateway');
  } catch (error) {
    await Promise.all([workerd?.stop(), prices.close()]);
    throw error;
  }
  if (synced.length > 0) {
    // Its own types name another build of the Workers types.
    const kv = (await workerd.miniflare.getKVNamespace('PRICES_KV', 'gateway')) as unknown as {
      put(key: string, value: string): Promise<void>;
    };
    await kv.put(PRICE_SNAPSHOT_KEY, JSON.stringify(snapshotOf(synced)));
  }
  const url = workerd.urlOf('gateway');
  let opened: Promise<Inspector> | undefined;
  const paths = hubs.length === 0 ? ['/graphql'] : hubs.map((hub) => `/hub/${hub}`);
  return {
    url,
    prices,
    protocol: 'graphql-transport-ws',
    urls: paths.map((path) => new URL(path, url).href),
    currentFirst: true,
    eventUrl: new URL('/event', url).href,
    changeUrl: isByHand ? prices.url : undefined,
    cpuMs: () => workerd.cpuMs(),
    memoryBytes: () => workerd.memoryBytes(),
    async heldBytes() {
      opened ??= openInspector(workerd, 'gateway');
      return heapBytes(await opened, url);
    },
    // Whatever its operation calls it.
    check: (message) => assertHolds(message, `:${prices.price()},`),
    async stop() {
      (await opened)?.close();
      await workerd.stop();
      await prices.close();
    },
  };
}

function snapshotOf(symbols: readonly string[]): PriceSnapshot {
  const asOf = Math.floor(Date.now() / 1000);
  const recordOf = (symbol: string) => ({ symbol, priceUsd: 1, lastUpdate: asOf });
  return {
    asOf,
    prices: Object.fromEntries(symbols.map((symbol) => [symbol, recordOf(symbol)])),
    rates: { USD: 1 },
  };
}

/** @param text what it sends at each event. */
export async function startBare(script: string, text: string): Promise<LiveServer> {
  const workerd = await startWorkerd([
    { name: 'bare', script, storage: 'bare', durableObjects: { HUB: 'BareHub' }, keepsObjects: true },
  ]);
  const { href } = workerd.urlOf('bare');
  const { status } = await fetch(href, { method: 'PUT', body: text });
  if (status !== 204) throw new Error(`the bare object took nothing: ${status}`);
  return {
    protocol: 'bare',
    urls: [href],
    currentFirst: false,
    eventUrl: href,
    cpuMs: () => workerd.cpuMs(),
    memoryBytes: () => workerd.memoryBytes(),
    check: (message) => assertHolds(message, text),
    stop: () => workerd.stop(),
  };
}

export async function startPeer(kind: 'yoga' | 'graphql-ws'): Promise<LiveServer> {
  const child = startChild('peer.ts', kind);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${kind} did not start`);
  const { port } = (await messageOf(child)) as { port: number };
  const base = `http://127.0.0.1:${port}`;
  return {
    protocol: kind === 'yoga' ? 'event-stream' : 'graphql-transport-ws',
    urls: [`${base}/graphql`],
    currentFirst: false,
    eventUrl: `${base}/event`,
    cpuMs: () => cpuTimesOf(pid),
    memoryBytes: () => residentBytesOf(pid),
    check: (message) => assertHolds(message, '"data":{"priceUpdated":{"symbol":"BTC","price":10'),
    stop: () => stopChild(child),
  };
}

function assertHolds(message: string, part: string): void {
  if (!message.includes(part)) throw new Error(`an event without ${part}: ${message}`);
}
