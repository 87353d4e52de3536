/** Latency at a steady rate: the mixed traffic against the gateway, at half of the rate that it can do of it. */
import { encodeGlobalId } from '../schema/global-ids.ts';
import { drawsOf } from '../test/support/upstream/random.ts';
import { type Answer, bodyText, headerOf } from './answer.ts';
import { askOnce } from './ask.ts';
import type { Catalog } from './asked-operations.ts';
import { runClosedLoop } from './closed-loop.ts';
import { runOpenLoop } from './open-loop.ts';
import { operationByGet, operationByPost } from './requests.ts';
import { percentile, spreadsOf } from './statistics.ts';
import { createTraffic, TRAFFIC, type Traffic, type TrafficRequest } from './traffic.ts';
import type { Workerd } from './workerd.ts';

export interface MixedOptions {
  rounds: number;
  warmUpMs: number;
  durationMs: number;
  connections: number;
  signal: AbortSignal;
}

export interface MixedResult {
  /** The rate of a closed loop over the same traffic. */
  capacityPerSecond: number;
  steady: Awaited<ReturnType<typeof measureSteady>>;
}

export async function measureMixedTraffic(
  workerd: Workerd,
  gateway: string,
  options: MixedOptions,
): Promise<MixedResult> {
  const traffic = createTraffic(await readCatalog(workerd, gateway), TRAFFIC);
  const bytesOf = requestBytes(traffic);
  const next = () => {
    const request = traffic.next();
    return { bytes: bytesOf(request), request };
  };
  const url = workerd.urlOf(gateway);
  const closed = (durationMs: number) =>
    runClosedLoop({
      url,
      connections: options.connections,
      durationMs,
      keepBodies: false,
      next: () => next().bytes,
      onAnswer: assertAnswered,
    });
  await closed(options.warmUpMs);
  const { requests, elapsedMs } = await closed(options.durationMs);
  const capacityPerSecond = (requests * 1000) / elapsedMs;
  const steady = await measureSteady(workerd, url, capacityPerSecond / 2, next, options);
  return { capacityPerSecond, steady };
}

/** The synced projects and pools that the traffic names. */
async function readCatalog({ miniflare }: Workerd, gateway: string): Promise<Catalog> {
  const db = (await miniflare.getD1Database('DB', gateway)) as unknown as D1Database;
  const texts = async (sql: string): Promise<string[]> =>
    (await db.prepare(sql).all<{ text: string }>()).results.map(({ text }) => text);
  const live = "FROM project_cache WHERE status = 'live'";
  return {
    symbols: await texts(
      `SELECT symbol AS text ${live} GROUP BY symbol ORDER BY max(market_cap) DESC, symbol`,
    ),
    slugs: await texts(`SELECT slug AS text ${live} GROUP BY slug ORDER BY max(market_cap) DESC, slug`),
    categories: await texts(
      `SELECT category AS text ${live} GROUP BY category ORDER BY count(*) DESC, category`,
    ),
    poolIds: (await texts('SELECT id AS text FROM ido_pool_cache ORDER BY id')).map((id) =>
      encodeGlobalId('IdoPool', id),
    ),
  };
}

/** So many of the most frequent requests hold every operation more than once. */
const CHECKED = 100;

/** @returns how many requests were answered, each with data and without errors. */
export async function checkMixedTraffic(workerd: Workerd, gateway: string): Promise<number> {
  const traffic = createTraffic(await readCatalog(workerd, gateway), TRAFFIC);
  const bytesOf = requestBytes(traffic);
  const requests = [...traffic.publicRequests.slice(0, CHECKED), ...traffic.privateRequests.slice(0, 5)];
  for (const request of requests) {
    await askOnce(workerd.urlOf(gateway), bytesOf(request), (answer) => {
      assertAnswered(answer);
      const { data, errors } = JSON.parse(bodyText(answer)) as { data?: unknown; errors?: unknown };
      if (data === undefined || errors !== undefined)
        throw new Error(
          `${request.operation} ${JSON.stringify(request.variables)}: ${JSON.stringify(errors)}`,
        );
    });
  }
  return requests.length;
}

async function measureSteady(
  workerd: Workerd,
  url: URL,
  ratePerSecond: number,
  next: () => { bytes: Uint8Array; request: TrafficRequest },
  options: MixedOptions,
) {
  const random = drawsOf(TRAFFIC.seed);
  const rounds = [];
  let unanswered = 0;
  const caches = { public: 0, hits: 0 };
  const run = (durationMs: number, onAnswer: (answer: Answer, request: TrafficRequest) => void) =>
    runOpenLoop({ url, ratePerSecond, durationMs, random, next, onAnswer });
  await run(options.warmUpMs, assertAnswered);
  for (let round = 0; round < options.rounds; round += 1) {
    options.signal.throwIfAborted();
    const before = workerd.cpuMs();
    const startedAtMs = performance.now();
    const result = await run(options.durationMs, (answer, { scope }) => {
      assertAnswered(answer);
      if (scope === 'private') return;
      const said = headerOf(answer.head, 'x-cache');
      caches.public += 1;
      if (said === 'HIT' || said === 'STALE') caches.hits += 1;
    });
    const elapsedMs = performance.now() - startedAtMs;
    const after = workerd.cpuMs();
    unanswered += result.unanswered;
    rounds.push({
      p50Ms: percentile(result.latenciesMs, 50),
      p95Ms: percentile(result.latenciesMs, 95),
      p99Ms: percentile(result.latenciesMs, 99),
      workerdThreadBusy: (after.thread - before.thread) / elapsedMs,
      workerdThreadWaiting: (after.threadWaiting - before.threadWaiting) / elapsedMs,
    });
  }
  return {
    ratePerSecond,
    ...spreadsOf(rounds),
    /** Share of the public requests. */
    hitShare: caches.hits / caches.public,
    /** Requests of all rounds that were lost. */
    unanswered,
  };
}

/** Public operations by GET, as apps with a cache in front send them, private ones by POST. */
function requestBytes(traffic: Traffic): (request: TrafficRequest) => Uint8Array {
  const bytesOf = new Map<TrafficRequest, Uint8Array>();
  for (const request of traffic.publicRequests) {
    bytesOf.set(request, operationByGet(request.documentId, request.variables));
  }
  for (const request of traffic.privateRequests) {
    bytesOf.set(request, operationByPost(request.documentId, request.variables));
  }
  return (request) => {
    const bytes = bytesOf.get(request);
    if (bytes === undefined) throw new Error('the traffic made a request of its own');
    return bytes;
  };
}

function assertAnswered(answer: Answer): void {
  if (answer.status !== 200) throw new Error(`mixed traffic: status ${answer.status}: ${answer.head}`);
}
