/** Results as tables, for a terminal and for README. */
import type { HeapResult } from './heap.ts';
import { markdownLive } from './live/print-live.ts';
import type { MixedResult } from './mixed-traffic.ts';
import { monthTable } from './month.ts';
import { PRICES_READ_ON } from './prices.ts';
import { compilationTable, executorTable } from './process-tables.ts';
import { type BenchResults, busyMachine, type ClaimResult, type ScenarioResult } from './results.ts';
import { spreadOf } from './statistics.ts';
import { bytesText, markdown, percentText, spreadText, type Table, tableText } from './tables.ts';

/** What is measured for is not served yet. */
const NOT_YET = 'not yet';

export function scenarioTable(results: readonly ScenarioResult[]): Table {
  const head = [
    '',
    'requests/s',
    'CPU µs/request',
    'p50 ms',
    'p99 ms',
    'body',
    'workerd busy',
    'waiting',
    'generator busy',
  ];
  return [
    head,
    ...results.map((result) => [
      result.cache === 'not yet' || result.cache === 'otherwise' ? `${result.name} (not yet)` : result.name,
      spreadText(result.requestsPerSecond, 0),
      spreadText(result.cpuMicrosecondsPerRequest, 0),
      result.medianMs.median.toFixed(2),
      result.p99Ms.median.toFixed(2),
      bytesText(result.bodyBytes),
      percentText(result.workerdThreadBusy.median),
      percentText(result.workerdThreadWaiting.median),
      percentText(result.generatorBusy.median),
    ]),
  ];
}

export function claimTable(claims: readonly ClaimResult[]): Table {
  return [
    ['', 'list', 'ratio', 'by CPU alone', 'target', ''],
    ...claims.map(({ name, list, ratio, byThread, target, met }) => [
      name,
      list,
      met === null ? NOT_YET : spreadText(ratio, 3),
      met === null ? NOT_YET : byThread.median.toFixed(3),
      target,
      met === null ? NOT_YET : met ? 'met' : 'missed',
    ]),
  ];
}

export function steadyTable({ steady }: MixedResult): Table {
  return [
    ['', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'hits', 'workerd busy', 'waiting', 'unanswered'],
    ...steady.map((result) => [
      result.name,
      result.ratePerSecond.toFixed(0),
      spreadText(result.p50Ms, 1),
      spreadText(result.p95Ms, 1),
      spreadText(result.p99Ms, 1),
      result.hitShare === null ? NOT_YET : percentText(result.hitShare),
      percentText(result.workerdThreadBusy.median),
      percentText(result.workerdThreadWaiting.median),
      String(result.unanswered),
    ]),
  ];
}

export function heapTable(results: readonly HeapResult[]): Table {
  return [
    ['', 'fills', 'bodies', 'heap grown', 'per byte'],
    ...results.map(({ name, keeps, fills, bodyBytes, grownBytes, grownPerBodyByte }) => [
      keeps ? name : `${name} (keeps nothing yet)`,
      String(fills),
      bytesText(bodyBytes),
      bytesText(grownBytes),
      keeps ? grownPerBodyByte.toFixed(2) : NOT_YET,
    ]),
  ];
}

export function printResults(results: BenchResults): string {
  const { scenarios, refusals, claims, mixed, heap, startup, executors } = results;
  const lists = [...new Set(scenarios.map(({ list }) => list))];
  const sections: [string, Table][] = [
    ...lists.map((name): [string, Table] => [
      name,
      scenarioTable(scenarios.filter(({ list }) => list === name)),
    ]),
    ['One request at a time', scenarioTable(refusals)],
    ['Ratios', claimTable(claims)],
    [`Mixed traffic, whose own rate is ${mixed.capacityPerSecond.toFixed(0)} requests/s`, steadyTable(mixed)],
    ['Heap by bodies kept', heapTable(heap)],
    ['Executors in process', executorTable(executors)],
    ['Compiling a plan', compilationTable(executors)],
  ];
  const { bundleBytes, gzipBytes, cpuMs } = startup;
  const cpu = spreadText(spreadOf(cpuMs), 0);
  return [
    ...sections.map(([title, rows]) => `${title}\n${tableText(rows)}`),
    `Bundle ${bytesText(bundleBytes)}, gzip ${bytesText(gzipBytes)}; CPU at start-up ${cpu} ms`,
    busyMachine(results),
  ]
    .filter((text) => text !== null)
    .join('\n\n');
}

/** What README shows: without how busy who was, which is for whoever doubts a run. */
/** @param costs the text of `operations/COSTS.md`. */
export function markdownResults(results: BenchResults, costs: string): string {
  const { machine, mixed, heap, startup, executors, live } = results;
  const shown = (rows: Table, columns: number) => markdown(rows.map((row) => row.slice(0, columns)));
  const lists = [...new Set(results.scenarios.map(({ list }) => list))];
  const { bundleBytes, gzipBytes, cpuMs } = startup;
  return [
    `Measured ${machine.date.slice(0, 10)} on ${machine.cores} cores of ${machine.cpu}, workerd ${machine.workerd}, Node ${machine.node}.`,
    ...lists.flatMap((name) => [
      `**${name}**`,
      shown(scenarioTable(results.scenarios.filter(({ list }) => list === name)), SCENARIO_COLUMNS),
    ]),
    markdown(claimTable(results.claims)),
    `Mixed traffic, whose own rate is ${mixed.capacityPerSecond.toFixed(0)} requests/s, latency from the scheduled time:`,
    shown(steadyTable(mixed), STEADY_COLUMNS),
    'Heap for each byte of the bodies that a cache keeps:',
    markdown(heapTable(heap)),
    `Bundle ${bytesText(bundleBytes)}, gzip ${bytesText(gzipBytes)}; CPU at start-up ${spreadText(spreadOf(cpuMs), 0)} ms.`,
    'Executors in this process, the plan in µs and the others in multiples of it:',
    markdown(executorTable(executors)),
    `A month of 50 million requests at Cloudflare's prices of ${PRICES_READ_ON}. Assumed: the hit rates, and 10 % private requests, which are always executed:`,
    markdown(monthTable(results.scenarios, costs)),
    ...(live === undefined ? [] : [markdownLive(live)]),
    busyMachine(results),
  ]
    .filter((text) => text !== null)
    .join('\n\n');
}

/** Up to what a user feels. */
const SCENARIO_COLUMNS = 6;
const STEADY_COLUMNS = 6;
