/** Results of sockets that watch, as tables. */
import { busyMachine } from '../results.ts';
import { bytesText, percentText, type Section, sectionText, spreadText, type Table } from '../tables.ts';
import type { FanOutResult } from './fan-out.ts';
import type { FanOutRatio } from './measure-fan-out.ts';
import type { LiveResults } from './measure-live.ts';
import type { Growth } from './watching-cost.ts';

export const printLive = (results: LiveResults, isBrief: boolean): string =>
  [...sectionsOf(results).map((section) => sectionText(section, isBrief)), ...notes(results)].join('\n\n');

/** Up to what a user feels. */
const BRIEF = 6;

function sectionsOf({ fanOut, distinct, growth }: LiveResults): Section[] {
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
    { title: 'A day of watching', rows: dayTable(growth) },
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

function dayTable(growth: readonly Growth[]): Table {
  const rows: [string, (grown: Growth) => string][] = [
    ['hubs', ({ hubs }) => String(hubs)],
    ['frames a second', ({ framesPerSecond }) => thousands(framesPerSecond)],
    ['cores that send', ({ cores }) => cores.toFixed(2)],
    ['out, a second', ({ bytesPerSecond }) => bytesText(bytesPerSecond)],
    ['ms to the last socket of a hub', ({ lastSocketMs }) => lastSocketMs.toFixed(0)],
    ['upstream calls', ({ use }) => thousands(use.upstreamCalls)],
    ['requests of the Worker', ({ use }) => thousands(use.workerRequests)],
    ['messages that come in', ({ use }) => thousands(use.messagesIn)],
    ['requests of objects, messages by 20', ({ use }) => thousands(use.objectRequests)],
    ['GB-s of objects', ({ use }) => thousands(use.objectGigabyteSeconds)],
    ['rows read', ({ use }) => thousands(use.rowsRead)],
    ['rows written', ({ use }) => thousands(use.rowsWritten)],
    ['dollars, nothing included', ({ bill }) => bill.dollarsADay.toFixed(2)],
    ['dollars a month beyond the plan', ({ bill }) => bill.dollarsAMonth.toFixed(2)],
  ];
  return [
    ['a day', ...growth.map(({ watchers }) => `${thousands(watchers)} watchers`)],
    ...rows.map(([name, cell]) => [name, ...growth.map(cell)]),
  ];
}

function notes({ machine, fanOut, watching, costs, growth }: LiveResults): string[] {
  const { nobody, connections, polls } = watching;
  const { perConnection, perPoll } = costs;
  const [day] = growth;
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
    ...(day === undefined
      ? []
      : [
          `Assumed: a frame every ${day.pollSeconds} s of ${costs.frameBytes} bytes, a new connection every ` +
            `${day.sessionSeconds} s, a pong every ${day.pongSeconds} s, ${day.upstreamMs} ms for the price API to answer.`,
        ]),
  ];
}

const thousands = (value: number) => Math.round(value).toLocaleString('en-US');
