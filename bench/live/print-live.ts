/** Results of sockets that watch, as tables. */
import { busyMachine } from '../results.ts';
import { bytesText, percentText, type Section, sectionText, spreadText, type Table } from '../tables.ts';
import type { FanOutResult } from './fan-out.ts';
import type { ChurnResult } from './measure-churn.ts';
import type { FanOutRatio } from './measure-fan-out.ts';
import type { LiveResults } from './measure-live.ts';

export const printLive = (results: LiveResults, isBrief: boolean): string =>
  [...sectionsOf(results).map((section) => sectionText(section, isBrief)), ...notes(results)].join('\n\n');

/** Up to what a user feels. */
const BRIEF = 6;

function sectionsOf({ fanOut, distinct, churn }: LiveResults): Section[] {
  const [head = [], row = []] = fanOutTable([distinct.fanOut]);
  const counted = [
    `${distinct.operations} operations, ${distinct.events} events`,
    String(distinct.executionsPerEvent),
  ];
  return [
    { title: 'One event to every socket', rows: fanOutTable(fanOut.results), brief: BRIEF },
    { title: 'Ratios of frames per second', rows: ratioTable(fanOut.ratios) },
    { title: 'The same sockets over more hubs', rows: fanOutTable(fanOut.growth), brief: BRIEF },
    {
      title: `${distinct.operations} distinct operations`,
      rows: [
        ['', 'executions an event', 'of them planned', ...head.slice(1)],
        [...counted, percentText(distinct.plannedShare), ...row.slice(1)],
      ],
      brief: BRIEF + 2,
    },
    { title: 'First events while others subscribe and complete', rows: churnTable(churn) },
  ];
}

function fanOutTable(rows: readonly FanOutResult[]): Table {
  return [
    [
      '',
      'sockets',
      'frames/s',
      'CPU µs a frame',
      'p50 ms to the last',
      'p99 ms to the last',
      'p50 ms to the first',
      'memory a socket',
      'events',
      'server busy',
      'waiting',
      'generator busy',
    ],
    ...rows.map((row) => [
      row.name,
      String(row.sockets),
      spreadText(row.framesPerSecond, 0),
      spreadText(row.cpuMicrosecondsPerFrame, 1),
      row.lastP50Ms.toFixed(0),
      row.lastP99Ms.toFixed(0),
      row.firstP50Ms.toFixed(0),
      bytesText(row.bytesPerSocket),
      String(row.events),
      percentText(row.serverBusy.median),
      percentText(row.serverWaiting.median),
      percentText(row.generatorBusy.median),
    ]),
  ];
}

function ratioTable(ratios: readonly FanOutRatio[]): Table {
  return [
    ['', 'sockets', 'ratio', 'by CPU alone', 'target', ''],
    ...ratios.map(({ name, sockets, ratio, byThread, atLeast }) => [
      name,
      String(sockets),
      spreadText(ratio, 2),
      spreadText(byThread, 2),
      atLeast === null ? '' : `≥ ${atLeast}`,
      atLeast === null ? '' : ratio.median >= atLeast ? 'met' : 'missed',
    ]),
  ];
}

const FIRST_EVENT_MAX_MS = 1_000;

function churnTable(rows: readonly ChurnResult[]): Table {
  return [
    [
      'other sockets',
      'their subscriptions/s',
      'p50 ms',
      'p99 ms',
      'target',
      '',
      'events',
      'upstream calls/s',
      'server busy',
    ],
    ...rows.map((row) => [
      String(row.churning),
      row.churnedPerSecond.toFixed(0),
      row.p50Ms.toFixed(0),
      row.p99Ms.toFixed(0),
      `≤ ${FIRST_EVENT_MAX_MS}`,
      row.p99Ms <= FIRST_EVENT_MAX_MS ? 'met' : 'missed',
      String(row.firstEvents),
      row.upstreamCallsPerSecond.toFixed(0),
      percentText(row.busy),
    ]),
  ];
}

function notes({ machine, fanOut, watching }: LiveResults): string[] {
  const { nobody, connections, polls, costs } = watching;
  const { perConnection, perPoll } = costs;
  return [
    `Sockets were measured on ${machine.date.slice(0, 10)}.`,
    ...busyMachine(fanOut.results.map(({ serverWaiting }) => serverWaiting)),
    `Of ${connections} connections, each: ${perConnection.objectRequests.toFixed(2)} object requests, ` +
      `${perConnection.messages.toFixed(2)} messages, ${perConnection.rowsWritten.toFixed(2)} rows written, ` +
      `${perConnection.cpuMs.toFixed(2)} ms of CPU. Of ${polls} polls, each: ${perPoll.objectRequests.toFixed(2)} ` +
      `requests of the feed, ${perPoll.objectRequestsPerHub.toFixed(2)} a hub, ${perPoll.upstreamCalls.toFixed(2)} ` +
      `upstream calls, ${perPoll.rowsRead.toFixed(2)} rows read and ${perPoll.rowsWritten.toFixed(2)} written by the ` +
      `feed, ${perPoll.rowsReadPerHub.toFixed(2)} and ${perPoll.rowsWrittenPerHub.toFixed(2)} by a hub. A message that ` +
      `comes in: ${(costs.perMessageCpuMs * 1000).toFixed(0)} µs of CPU.`,
    `With nobody watching, in ${nobody.seconds} s: ${nobody.objectCalls} calls of objects, ${nobody.upstreamCalls} ` +
      `upstream calls, ${nobody.alarms} alarms set.`,
  ];
}
