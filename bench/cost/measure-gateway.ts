/**
 * What the real gateway asks for, request by request of the mixed traffic, and cron by cron.
 *
 * D1 and KV are the local ones and count; CPU is that of the gateway's own code in this process, with D1's answers
 * from memory. That CPU is Node's on this machine, warmed up: an isolate at the edge is colder, on another machine.
 */
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { type BindingCounts, noCounts } from '../../test/support/counted-bindings.ts';
import { operationPath } from '../requests.ts';
import { createTraffic, TRAFFIC, type TrafficRequest } from '../traffic.ts';
import { type MeasuredGateway, startGatewayInNode } from './gateway-in-node.ts';
import { measureUsageWrites, type UsageCost } from './measure-usage.ts';

export interface MeasuredRequest extends TrafficRequest {
  d1Calls: number;
  d1RowsRead: number;
  bodyBytes: number;
  /** Of the projects whose details it asks for. Keeping them is not among its calls. */
  detailIds: string[];
}

/** Of one run, or on average of one execution. */
export interface OperationCost {
  operation: string;
  scope: 'public' | 'private';
  requests: number;
  d1Calls: number;
  d1RowsRead: number;
  bodyBytes: number;
  /** On an isolate that knows nothing, while no details are kept. */
  kvReads: number;
  kvWrites: number;
  upstreamCalls: number;
  executionCpuMs: number;
}

export interface CronCost extends BindingCounts {
  cron: string;
  runsADay: number;
  upstreamCalls: number;
}

export interface MeasuredCosts {
  publicRequests: MeasuredRequest[];
  privateRequests: MeasuredRequest[];
  operations: OperationCost[];
  crons: CronCost[];
  usage: UsageCost;
  hitCpuMs: number;
  d1Bytes: number;
}

export const CRON_MINUTES = {
  '* * * * *': 1,
  '*/5 * * * *': 5,
  '*/15 * * * *': 15,
  '0 * * * *': 60,
} as const;
const ORIGIN = 'https://gateway.example';
const NIGHTLY = '0 0 * * *';
const START_MS = Date.UTC(2026, 10, 4);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

export async function measureGateway({ quick }: { quick: boolean }): Promise<MeasuredCosts> {
  const gateway = await startGatewayInNode(START_MS);
  try {
    const crons = await measureCrons(gateway, quick ? 15 : 60, !quick);
    const usage = await measureUsageWrites(gateway.db);
    const traffic = createTraffic(await gateway.readCatalog(), TRAFFIC);
    const every = quick ? 20 : 1;
    const privates = traffic.privateRequests;
    const publicRequests = await measureRequests(gateway, traffic.publicRequests, every);
    const privateRequests = await measureRequests(gateway, privates, 1);
    const operations = await measureOperations(gateway, [...publicRequests, ...privateRequests]);
    gateway.rememberStorage();
    for (const operation of operations) {
      const own = [...publicRequests, ...privateRequests].filter(
        (request) => request.operation === operation.operation,
      );
      operation.executionCpuMs = await cpuMsOf(gateway, own.slice(0, CPU_REQUESTS));
    }
    const hitCpuMs = await measureHitCpu(gateway, publicRequests);
    const { meta } = await gateway.db.prepare('SELECT 1').all();
    return { publicRequests, privateRequests, operations, crons, usage, hitCpuMs, d1Bytes: meta.size_after };
  } finally {
    await gateway.close();
  }
}

async function measureCrons(gateway: MeasuredGateway, minutes: number, night: boolean): Promise<CronCost[]> {
  const costs = new Map<string, CronCost & { runs: number }>();
  const run = async (cron: string, runsADay: number) => {
    gateway.resetCounts();
    gateway.market.resetCalls();
    await gateway.scheduled(cron);
    const held = costs.get(cron) ?? {
      ...noCounts(),
      cron,
      runsADay,
      runs: 0,
      upstreamCalls: 0,
    };
    held.runs += 1;
    held.d1Calls += gateway.counts.d1Calls;
    held.d1RowsRead += gateway.counts.d1RowsRead;
    held.d1RowsWritten += gateway.counts.d1RowsWritten;
    held.kvReads += gateway.kvReads.length;
    held.kvWrites += gateway.kvWrites.length;
    held.upstreamCalls += gateway.market.calls().total;
    costs.set(cron, held);
  };
  // The first runs fill the tables, and are not what a day costs.
  for (const cron of ['*/5 * * * *', '* * * * *', '*/15 * * * *', '0 * * * *', NIGHTLY]) await run(cron, 0);
  costs.clear();
  for (let minute = 1; minute <= minutes; minute += 1) {
    gateway.moveTo(START_MS + minute * MINUTE_MS);
    for (const [cron, every] of Object.entries(CRON_MINUTES)) {
      if (minute % every === 0) await run(cron, DAY_MINUTES / every);
    }
  }
  if (night) {
    gateway.moveTo(START_MS + DAY_MINUTES * MINUTE_MS);
    await run(NIGHTLY, 1);
    await gateway.scheduled('* * * * *');
  }
  return [...costs.values()].map(({ runs, ...cost }) => ({
    ...cost,
    d1Calls: cost.d1Calls / runs,
    d1RowsRead: cost.d1RowsRead / runs,
    d1RowsWritten: cost.d1RowsWritten / runs,
    kvReads: cost.kvReads / runs,
    kvWrites: cost.kvWrites / runs,
    upstreamCalls: cost.upstreamCalls / runs,
  }));
}

/** @param every so many are asked; the others get what the last asked one of their operation cost. */
async function measureRequests(
  gateway: MeasuredGateway,
  requests: readonly TrafficRequest[],
  every: number,
): Promise<MeasuredRequest[]> {
  const measured: MeasuredRequest[] = [];
  const lastOf = new Map<string, MeasuredRequest>();
  for (const [index, request] of requests.entries()) {
    const last = lastOf.get(request.operation);
    if (last !== undefined && index % every !== 0) {
      measured.push({ ...last, ...request });
      continue;
    }
    // What the isolate remembers of the requests before costs nothing: every one is counted in full.
    gateway.coldIsolate();
    gateway.resetCounts();
    const bodyBytes = (await ask(gateway, request)).byteLength;
    const { d1RowsRead } = gateway.counts;
    // Which requests find what they ask for is the simulation's to say.
    const d1Calls = gateway.counts.d1Calls - gateway.details.writes;
    const detailIds = gateway.details.readIds;
    const cost = { ...request, d1Calls, d1RowsRead, bodyBytes, detailIds };
    measured.push(cost);
    lastOf.set(request.operation, cost);
  }
  return measured;
}

/** Public operations by GET, private ones by POST, as the mixed traffic sends them. */
async function ask(gateway: MeasuredGateway, request: TrafficRequest): Promise<Uint8Array> {
  const { documentId, variables, scope } = request;
  const headers = { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' };
  const response = await gateway.fetch(
    scope === 'public'
      ? new Request(new URL(operationPath(documentId, variables), ORIGIN), { headers })
      : new Request(`${ORIGIN}/graphql`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ documentId, variables }),
        }),
  );
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

const CPU_REQUESTS = 40;

async function measureOperations(
  gateway: MeasuredGateway,
  requests: readonly MeasuredRequest[],
): Promise<OperationCost[]> {
  const operations: OperationCost[] = [];
  for (const { name } of manifest.operations) {
    const own = requests.filter(({ operation }) => operation === name);
    const [first] = own;
    if (first === undefined) continue;
    gateway.coldIsolate();
    await gateway.forgetDetails(first.detailIds);
    gateway.resetCounts();
    gateway.market.resetCalls();
    await ask(gateway, first);
    const average = (of: (request: MeasuredRequest) => number) =>
      own.reduce((sum, request) => sum + of(request), 0) / own.length;
    operations.push({
      operation: name,
      scope: first.scope,
      requests: own.length,
      d1Calls: average(({ d1Calls }) => d1Calls),
      d1RowsRead: average(({ d1RowsRead }) => d1RowsRead),
      bodyBytes: average(({ bodyBytes }) => bodyBytes),
      kvReads: gateway.kvReads.length,
      kvWrites: gateway.kvWrites.length,
      upstreamCalls: gateway.market.calls().total,
      executionCpuMs: 0,
    });
  }
  return operations;
}

/** Of one execution: the second time, when D1's answers are in memory and the code is warm. */
async function cpuMsOf(gateway: MeasuredGateway, requests: readonly MeasuredRequest[]): Promise<number> {
  let cpuMs = 0;
  for (const counts of [false, true]) {
    gateway.coldIsolate();
    // What an isolate does once is not what a request costs.
    await ask(gateway, requests[0] as MeasuredRequest);
    const before = process.cpuUsage();
    for (const request of requests.slice(1)) await ask(gateway, request);
    const { user, system } = process.cpuUsage(before);
    if (counts) cpuMs = (user + system) / 1000 / Math.max(1, requests.length - 1);
  }
  return cpuMs;
}

/** Of a request that memory answers, over the likeliest ones. */
async function measureHitCpu(
  gateway: MeasuredGateway,
  requests: readonly MeasuredRequest[],
): Promise<number> {
  const asked = requests.slice(0, 100);
  for (const request of asked) await ask(gateway, request);
  const rounds = 10;
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) for (const request of asked) await ask(gateway, request);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (rounds * asked.length);
}
