/** Results as text, for a terminal and for `docs/performance.md`. */
import { PRICES_READ_ON } from '../src/metrics/prices.ts';
import type { ExecutorRow } from './executors/measure-executors.ts';
import type { HeapResult } from './heap.ts';
import { ledgersSection } from './investing/print-ledgers.ts';
import { openingSection } from './investing/print-opening.ts';
import { printLive } from './live/print-live.ts';
import type { MixedResult } from './mixed-traffic.ts';
import { monthTable } from './month-table.ts';
import { loginsSection } from './print-logins.ts';
import { memorySection, unreadSection } from './print-memory.ts';
import {
  type BenchResults,
  busyMachine,
  type ClaimResult,
  type HttpResults,
  hasHttp,
  type ScenarioResult,
} from './results.ts';
import { roomsSections } from './rooms/print-rooms.ts';
import { spreadOf } from './statistics.ts';
import { bytesText, percentText, type Section, sectionText, spreadText, type Table } from './tables.ts';

/**
 * All parts that were measured.
 *
 * @param costs the text of `operations/COSTS.md`.
 * @param isBrief without the columns that say how busy each process was.
 */
export function printResults(results: BenchResults, costs: string, isBrief: boolean): string {
  const { executors, live, memory, bareMemory, unread, logins, investing, opening, rooms } = results;
  const http = hasHttp(results) ? results : undefined;
  const sections: Section[] = [
    ...ifMeasured(http, (own) => httpSections(own, isBrief)),
    ...ifMeasured(executors, (own) => [executorsSection(own)]),
    ...ifMeasured(http, (own) => [monthSection(own, costs)]),
    ...ifMeasured(memory, (own) => [memorySection(own, bareMemory)]),
    ...ifMeasured(unread, (own) => [unreadSection(own)]),
    ...ifMeasured(logins, (own) => [loginsSection(own)]),
    ...ifMeasured(investing, (own) => [ledgersSection(own)]),
    ...ifMeasured(opening, (own) => [openingSection(own)]),
    ...ifMeasured(rooms, roomsSections),
  ];
  return [
    ...ifMeasured(http, (own) => [machineText(own)]),
    ...sections.map((section) => sectionText(section, isBrief)),
    ...ifMeasured(http, (own) => [startupText(own)]),
    ...ifMeasured(live, (own) => [printLive(own, isBrief)]),
    ...ifMeasured(http, ({ scenarios }) =>
      busyMachine(scenarios.map(({ workerdThreadWaiting }) => workerdThreadWaiting)),
    ),
  ].join('\n\n');
}

const ifMeasured = <Part, Printed>(part: Part | undefined, print: (part: Part) => Printed[]): Printed[] =>
  part === undefined ? [] : print(part);

const machineText = ({ machine: { date, cores, cpu, workerd, node } }: HttpResults) =>
  `Measured ${date.slice(0, 10)} on ${cores} cores of ${cpu}, workerd ${workerd}, Node ${node}.`;

function startupText({ startup: { bundleBytes, gzipBytes, cpuMs } }: HttpResults): string {
  const cpu = spreadText(spreadOf(cpuMs), 0);
  return `Bundle ${bytesText(bundleBytes)}, gzip ${bytesText(gzipBytes)}; CPU at start-up ${cpu} ms.`;
}

function httpSections(
  { scenarios, refusals, claims, mixed, heap }: HttpResults,
  isBrief: boolean,
): Section[] {
  const lists = [...new Set(scenarios.map(({ list }) => list))];
  return [
    ...lists.map((title) =>
      scenarioSection(
        title,
        scenarios.filter(({ list }) => list === title),
      ),
    ),
    ...(isBrief ? [] : [scenarioSection('One request at a time', refusals)]),
    { title: 'Ratios', rows: claimTable(claims) },
    {
      title: `Mixed traffic, whose own rate is ${mixed.capacityPerSecond.toFixed(0)} requests/s, latency from the scheduled time`,
      rows: steadyTable(mixed),
      brief: 5,
    },
    { title: 'Heap for each byte of the bodies that a cache keeps', rows: heapTable(heap) },
  ];
}

const executorsSection = (executors: ExecutorRow[]): Section => ({
  title: 'Executors in this process, the plan in µs and the others in multiples of it',
  rows: executorTable(executors),
});

const monthSection = ({ scenarios }: HttpResults, costs: string): Section => ({
  title:
    `A month of 50 million requests at Cloudflare's prices of ${PRICES_READ_ON}. Assumed: the hit rates, ` +
    '120 isolates, and 10 % private requests, which are always executed',
  rows: monthTable(scenarios, costs),
});

function scenarioSection(title: string, results: readonly ScenarioResult[]): Section {
  const head = ['', 'requests/s', 'CPU µs/request', 'p50 ms', 'p99 ms', 'body'];
  const rows = [
    [...head, 'workerd busy', 'waiting', 'generator busy'],
    ...results.map((result) => [
      result.isAsNamed ? result.name : `${result.name} (not from where it says)`,
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
  return { title, rows, brief: head.length };
}

const claimTable = (claims: readonly ClaimResult[]): Table => [
  ['', 'list', 'ratio', 'by CPU alone', 'target', ''],
  ...claims.map(({ name, list, ratio, byThread, target, met }) => [
    name,
    list,
    spreadText(ratio, 3),
    byThread.median.toFixed(3),
    target,
    met ? 'met' : 'missed',
  ]),
];

const steadyTable = ({ steady }: MixedResult): Table => [
  ['requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'hits', 'workerd busy', 'waiting', 'unanswered'],
  [
    steady.ratePerSecond.toFixed(0),
    spreadText(steady.p50Ms, 1),
    spreadText(steady.p95Ms, 1),
    spreadText(steady.p99Ms, 1),
    percentText(steady.hitShare),
    percentText(steady.workerdThreadBusy.median),
    percentText(steady.workerdThreadWaiting.median),
    String(steady.unanswered),
  ],
];

const heapTable = (results: readonly HeapResult[]): Table => [
  ['', 'fills', 'bodies', 'heap grown', 'per byte'],
  ...results.map(({ name, fills, bodyBytes, grownBytes }) => [
    name,
    String(fills),
    bytesText(bodyBytes),
    bytesText(grownBytes),
    (grownBytes / bodyBytes).toFixed(2),
  ]),
];

/** A row a shape; the plan's time, and how many times as long the others take. */
function executorTable(rows: readonly ExecutorRow[]): Table {
  const cell = ({ executor, microseconds, timesPlan }: ExecutorRow) =>
    executor === 'plan' ? `${microseconds.toFixed(1)} µs` : `${timesPlan.toFixed(2)} ×`;
  const byShape = Map.groupBy(rows, ({ shape }) => shape);
  return [
    ['', ...new Set(rows.map(({ executor }) => executor))],
    ...[...byShape].map(([shape, row]) => [shape, ...row.map(cell)]),
  ];
}
